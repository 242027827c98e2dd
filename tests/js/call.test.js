import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Call } from '../../static/rooms/room/call.js';
import { LocalMedia } from '../../static/rooms/media/local_media.js';
import { FakePeerConnection, FakeSocket, installFakes, settled } from './fakes.js';

beforeEach(() => {
  installFakes();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});

const local = () => ({ on() {}, stop() {}, track: () => null, isOn: () => false, mode: () => 'auto' });

const WELCOME = { type: 'welcome', participant: 'p1', resume: 'again', role: 'guest', publish: false, chat_number: 0 };
const state = (more = {}) => ({
  type: 'room_state',
  room: 'r',
  epoch: 'e1',
  n: 0,
  you: 'p1',
  people: [{ id: 'p1', name: 'Ann', role: 'guest', stream: false }],
  tracks: [],
  speakers: [],
  resumed: false,
  ...more,
});

const socket = () => FakeSocket.all.at(-1);
const wait = async (/** @type {number} */ milliseconds) => {
  mock.timers.tick(milliseconds);
  await settled();
};

/** Let the latest socket in. */
async function welcome(publish = false) {
  socket().open();
  socket().tell({ ...WELCOME, publish });
  await settled();
}

/** In a call whose first offer is answered. */
async function joined(media = local(), publish = false) {
  const call = new Call({ ws: '', pass: 'a', publish, ice_servers: [], max_bitrate: 1 }, media);
  call.join('Ann');
  await welcome(publish);
  socket().tell(state());
  await settled();
  await answer();
  FakePeerConnection.all[0].become('connected');
  return call;
}

async function answer() {
  socket().tell({ type: 'answer', id: socket().of('offer').at(-1).id, sdp: 'answer', ice_session: '' });
  await settled();
}

/** Six others, for whom the first four slots are not enough. */
const CROWD = Array.from({ length: 6 }, (_, i) => ({ key: `k${i}`, audio: `a${i}`, video: `v${i}`, height: 90, priority: i }));

test('a socket that comes back with a lost answer makes only the open offer again', async () => {
  const call = await joined();
  call.subscriptions.want(CROWD);
  await wait(100);
  const lost = socket();
  assert.equal(lost.of('offer').length, 2, 'it wants more slots');
  lost.onclose({ code: 1006 });
  await wait(500);
  await welcome();
  socket().tell(state({ resumed: true }));
  await settled();
  assert.equal(socket().of('offer').length, 1);
  await answer();
  assert.equal(FakePeerConnection.all.length, 1, 'the healthy connection stays');
  assert.ok(call.subscriptions._connection.answered);
});

test('a room that has moved while the socket was away gets one offer', async () => {
  await joined();
  socket().onclose({ code: 1006 });
  await wait(500);
  await welcome();
  socket().tell(state({ resumed: true, epoch: 'e2' }));
  await settled();
  assert.equal(FakePeerConnection.all.length, 2);
  assert.equal(socket().of('offer').length, 1);
});

test('offers that nothing answers end a socket that only looks open', async () => {
  const call = await joined();
  call.subscriptions.want(CROWD);
  await wait(100);
  for (const pause of [5000, 10_000, 20_000, 500]) await wait(pause);
  assert.equal(FakeSocket.all.length, 2);
  assert.equal(FakePeerConnection.all.length, 1);
});

test('a room_state that does not come is asked for, and then a new socket is opened', async () => {
  const call = new Call({ ws: '', pass: 'a', publish: false, ice_servers: [], max_bitrate: 1 }, local());
  call.join('Ann');
  await welcome();
  const first = socket();
  assert.equal(first.of('snapshot').length, 0, 'it comes by itself');
  await wait(5000);
  await wait(10_000);
  assert.equal(first.of('snapshot').length, 2);
  await wait(20_000);
  await wait(500);
  assert.notEqual(socket(), first);
  await welcome();
  assert.equal(socket().of('join')[0].resume, 'again', 'as the same participant');
});

test('after a failure the room_state is asked for until it comes', async () => {
  await joined();
  FakePeerConnection.all[0].become('failed');
  await wait(500);
  assert.equal(socket().of('snapshot').length, 1);
  await wait(5000);
  assert.equal(socket().of('snapshot').length, 2);
  socket().tell(state({ resumed: true }));
  await settled();
  assert.equal(FakePeerConnection.all.length, 2);
  await wait(60_000);
  assert.equal(socket().of('snapshot').length, 2);
});

test('a server that does not welcome is left, even when its socket never closes', async () => {
  const call = new Call({ ws: '', pass: 'a', publish: false, ice_servers: [], max_bitrate: 1 }, local());
  call.join('Ann');
  await wait(10_000);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a pass that is not renewed shows a dead socket', async () => {
  await joined();
  await wait(5 * 60_000);
  assert.equal(socket().of('renew').length, 1);
  socket().tell({ type: 'pass', pass: 'b' });
  await wait(5 * 60_000);
  await wait(10_000);
  assert.equal(socket().of('renew').length, 3);
  await wait(20_000);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a wish of which nothing is heard is said again, but not for ever', async () => {
  const call = await joined();
  call.subscriptions.want(CROWD.slice(0, 2));
  await wait(100);
  const said = () => socket().of('slots').at(-1).slots;
  for (const { mid, track } of said().filter((request) => /[av]0/.test(request.track))) {
    socket().tell({ type: 'slot_bound', mid, track, layer: '', limit: '' });
  }
  const before = socket().of('slots').length;
  await wait(5000);
  assert.equal(socket().of('slots').length, before + 1);
  assert.deepEqual(said().map(({ track }) => track), ['a1', 'v1']);
  for (const pause of [10_000, 20_000, 40_000, 40_000]) await wait(pause);
  assert.equal(socket().of('slots').length, before + 3);
});

test('an answer that fails late leaves the connection alone that came meanwhile', async () => {
  mock.method(console, 'warn', () => {});
  const call = await joined();
  call.subscriptions.want(CROWD);
  await wait(100);
  let fail;
  FakePeerConnection.all[0].setRemoteDescription = () => new Promise((_, reject) => (fail = reject));
  await answer();
  socket().tell(state({ epoch: 'e2' }));
  await settled();
  fail(new Error('not an answer'));
  await settled();
  assert.deepEqual(FakePeerConnection.all.map(({ closed }) => closed), [true, false]);
});

for (const [when, happen] of [
  ['the call is over', (call) => call.leave()],
  ['its person may only listen', () => socket().tell({ type: 'role', role: 'listener', publish: false })],
]) {
  test(`a device that starts when ${when} is let go`, async () => {
    const media = new LocalMedia();
    const call = await joined(media, true);
    happen(call);
    await settled();
    const track = { stopped: false, stop: () => (track.stopped = true) };
    media.put('microphone', track);
    await settled();
    assert.deepEqual([track.stopped, media.track('microphone')], [true, null]);
  });
}
