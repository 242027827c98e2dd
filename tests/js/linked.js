// A MediaLink with everything around it: what tests of it share.

import { mock } from 'node:test';

import { MediaLink } from '../../static/rooms/room/media_link.js';
import { FakePeerConnection, installClock, installFakes, settled, wait } from './fakes.js';

export function install() {
  installFakes();
  installClock();
  mock.method(Math, 'random', () => 1);
}

export const WISH = { key: 'a', audio: 'a:microphone', video: 'a:camera', height: 90, priority: 1 };
export const TRACK = { enabled: true, getSettings: () => ({}) };

/** Devices without a browser. */
class FakeLocal {
  tracks = new Map();
  stops = 0;

  on(_name, listener) {
    this.changed = listener;
  }

  track(source) {
    return this.tracks.get(source) ?? null;
  }

  sent(source) {
    return this.track(source);
  }

  isOn(source) {
    return this.tracks.get(source)?.enabled ?? false;
  }

  mode() {
    return 'auto';
  }

  put(source, track) {
    this.tracks.set(source, track);
    this.changed(source);
  }

  stop() {
    this.stops += 1;
    for (const source of this.tracks.keys()) this.put(source, null);
  }
}

/** A link that records its messages and events. */
export function linked({ publish = true } = {}) {
  const sent = [];
  const seen = { changed: 0, needed: 0, reopened: 0 };
  const signalling = {
    connected: true,
    number: 1,
    send(message) {
      if (this.connected) sent.push(message);
      return this.connected;
    },
    reopen: () => (seen.reopened += 1),
  };
  const local = new FakeLocal();
  const config = { ice_servers: [], max_bitrate: 1, publish };
  const link = new MediaLink(config, local, signalling, () => 0);
  link.on('changed', () => (seen.changed += 1));
  link.on('needed', () => (seen.needed += 1));
  link.start();
  const of = (type) => sent.filter((message) => message.type === type);
  return { link, local, of, seen, signalling };
}

export const peers = () => FakePeerConnection.all;
export const open = () => peers().filter(({ closed }) => !closed);
export const peer = () => peers().at(-1);

export const own = (source, muted) => [`me:${source}`, { participant: 'me', source, muted }];
export const room = (epoch, tracks = []) => ({ epoch, you: 'me', tracks: new Map(tracks) });

export async function answer(made) {
  made.link.accept({ type: 'answer', id: made.of('offer').at(-1).id, sdp: '', ice_session: '' });
  await settled();
}

/** A room_state comes, and the worker answers the offer that follows. */
export async function follow(made, epoch = 'e1', { resumed = false, tracks = [] } = {}) {
  made.link.follow(room(epoch, tracks), resumed);
  await settled();
  await answer(made);
}

/** A connection over which media flows. */
export async function connected(options) {
  const made = linked(options);
  await follow(made);
  peer().become('connected');
  return made;
}

export const WITHOUT_SENDERS = ['0', '1'];
export const WITH_SENDERS = ['4', '5'];

/** The worker says that the wish is in the newest connection's first pair. */
export function bind(made, [audio, video] = WITH_SENDERS) {
  made.link.bound({ mid: audio, track: WISH.audio, layer: '', limit: '' });
  made.link.bound({ mid: video, track: WISH.video, layer: 'h', limit: '' });
}

/** Something has arrived there. */
export function arrive([audio, video] = WITH_SENDERS) {
  peer().arrived.set(audio, 'audio').set(video, 'video');
}

export const shown = (made) => made.link.subscriptions.arriving(WISH);

/** The peer connection from which the wish is shown: its number, for sound and video. */
export function from(made) {
  const of = (track) =>
    peers().findIndex(({ transceivers }) =>
      transceivers.some(({ receiver }) => receiver.track === track),
    );
  const { audio, video } = shown(made);
  return [of(audio), of(video)];
}

/** A connection that shows somebody, and a room_state from another worker. */
export async function moving() {
  const made = await connected();
  made.link.subscriptions.want([WISH]);
  await wait(100);
  bind(made);
  made.local.put('camera', TRACK);
  await follow(made, 'e2');
  return made;
}
