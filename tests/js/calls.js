// A Call with everything around it: what tests of it share.

import { mock } from 'node:test';

import { Call } from '../../static/rooms/room/call.js';
import {
  FakePeerConnection, FakeSocket, WELCOME, installClock, installFakes, settled, state,
} from './fakes.js';

export function install() {
  installFakes();
  installClock();
  mock.method(Math, 'random', () => 0.5);
}

const local = () => ({
  on() {}, stop() {}, track: () => null, sent: () => null, isOn: () => false, mode: () => 'auto',
});

export const newCall = (media = local(), publish = false) =>
  new Call({ ws: '', pass: 'a', role: 'guest', publish, ice_servers: [], max_bitrate: 1 }, media);

export const socket = () => FakeSocket.all.at(-1);

/** Let the latest socket in. */
export async function welcome(publish = false) {
  socket().open();
  socket().tell({ ...WELCOME, publish });
  await settled();
}

/** A call whose first offer is answered. */
export async function joined(media = local(), publish = false) {
  const call = newCall(media, publish);
  call.join('Ann');
  await welcome(publish);
  socket().tell(state());
  await settled();
  await answer();
  FakePeerConnection.all[0].become('connected');
  return call;
}

export async function answer() {
  socket().tell({
    type: 'answer', id: socket().of('offer').at(-1).id, sdp: 'answer', ice_session: '',
  });
  await settled();
}

/** Six others, for whom the first four slots are not enough. */
export const CROWD = Array.from({ length: 6 }, (_, i) => ({
  key: `k${i}`, audio: `a${i}`, video: `v${i}`, height: 90, priority: i,
}));

/** Collects the events of a call by name. */
export function listen(call) {
  const seen = {
    joined: [], left: [], hand: [], ended: [], problem: [], role: [], fresh_link: [], condition: [],
  };
  for (const name of Object.keys(seen)) call.on(name, (detail) => seen[name].push(detail));
  return seen;
}

export const BEN = { id: 'p2', name: 'Ben', role: 'guest', stream: false };
