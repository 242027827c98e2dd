import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { BEN, CROWD, answer, install, joined, listen, newCall, socket, welcome } from './calls.js';
import { FakePeerConnection, FakeSocket, settled, state, wait } from './fakes.js';

beforeEach(install);

/** Let time pass in a room in which something happens. */
async function live(milliseconds) {
  for (let left = milliseconds; left > 0; left -= 20_000) {
    socket().tell(state({ resumed: true }));
    await wait(Math.min(20_000, left));
  }
}

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
  assert.ok(call.subscriptions._links[0].connection.answered);
});

test('a room that moved while the socket was away gets one offer', async () => {
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
  const call = newCall();
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
  await answer();
  FakePeerConnection.all[1].become('connected');
  await wait(20_000);
  assert.equal(socket().of('snapshot').length, 2);
});

test('a server that does not welcome is left, even if its socket never closes', async () => {
  const call = newCall();
  call.join('Ann');
  await wait(10_000);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a pass that is not renewed shows a dead socket', async () => {
  await joined();
  await live(5 * 60_000);
  assert.equal(socket().of('renew').length, 1);
  socket().tell({ type: 'pass', pass: 'b' });
  await live(5 * 60_000);
  await wait(10_000);
  assert.equal(socket().of('renew').length, 3);
  await wait(20_000);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a wish without an answer is repeated, and then the room is asked for', async () => {
  const call = await joined();
  call.subscriptions.want(CROWD.slice(0, 2));
  await wait(200);
  const said = () => socket().of('slots').at(-1).slots;
  for (const { mid, track } of said().filter((request) => /[av]0/.test(request.track))) {
    socket().tell({ type: 'slot_bound', mid, track, layer: '', limit: '' });
  }
  const before = socket().of('slots').length;
  await wait(5500);
  assert.equal(socket().of('slots').length, before + 1);
  assert.deepEqual(said().map(({ track }) => track), ['a1', 'v1']);
  assert.equal(socket().of('snapshot').length, 0);
  await wait(10_000);
  assert.equal(socket().of('snapshot').length, 1);
});

test('an answer that fails late does not harm the connection that came meanwhile', async () => {
  mock.method(console, 'warn', () => {});
  const call = await joined();
  call.subscriptions.want(CROWD);
  await wait(100);
  let fail;
  const failing = new Promise((_, reject) => (fail = reject));
  FakePeerConnection.all[0].setRemoteDescription = () => failing;
  await answer();
  socket().tell(state({ epoch: 'e2' }));
  await settled();
  fail(new Error('not an answer'));
  await settled();
  assert.deepEqual(FakePeerConnection.all.map(({ closed }) => closed), [true, false]);
});

test('a gap in the events asks for the state, once until it comes', async () => {
  const call = await joined();
  for (const n of [3, 4]) {
    socket().tell({ type: 'participant_joined', epoch: 'e1', n, person: BEN });
  }
  assert.equal(socket().of('snapshot').length, 1);
  assert.ok(!call.room.people.has('p2'), 'nothing is made up meanwhile');
  socket().tell(state({ n: 4, people: [...state().people, BEN], resumed: true }));
  await wait(20_000);
  assert.equal(socket().of('snapshot').length, 1);
  assert.equal(FakePeerConnection.all.length, 1, 'the connection stays');
});

test('after a long silence the room is asked for, because the last event may be lost', async () => {
  const call = await joined();
  await wait(29_000);
  assert.equal(socket().of('snapshot').length, 0);
  await wait(19_000);
  assert.equal(socket().of('snapshot').length, 1);
  socket().tell(state({ n: 1, people: [...state().people, BEN], resumed: true }));
  assert.ok(call.room.people.has('p2'));
});

test('a room_state that is late changes nothing', async () => {
  const call = await joined();
  socket().tell({ type: 'participant_joined', epoch: 'e1', n: 1, person: BEN });
  socket().tell(state({ n: 0 }));
  await settled();
  assert.ok(call.room.people.has('p2'));
  assert.equal(FakePeerConnection.all.length, 1);
});

test('a lost worker ends nothing, and the next room_state begins another connection', async () => {
  const call = await joined();
  socket().tell({ type: 'participant_joined', epoch: 'e1', n: 1, person: BEN });
  const seen = listen(call);
  socket().tell({ type: 'worker_lost' });
  await wait(1000);
  assert.ok(!FakePeerConnection.all[0].closed);
  socket().tell(state({ epoch: 'e2' }));
  await settled();
  assert.deepEqual(FakePeerConnection.all.map(({ closed }) => closed), [false, false]);
  assert.ok(call.room.people.has('p2'), 'they are expected');
  await answer();
  FakePeerConnection.all[1].become('connected');
  await wait(4000);
  assert.deepEqual(FakePeerConnection.all.map(({ closed }) => closed), [true, false]);
  socket().tell({ type: 'participant_joined', epoch: 'e2', n: 1, person: BEN });
  await wait(20_000);
  assert.deepEqual([seen.joined, seen.left], [[], []]);
  assert.deepEqual(seen.condition, ['moving', '']);
});

test('whoever does not come along has left', async () => {
  const call = await joined();
  socket().tell({ type: 'participant_joined', epoch: 'e1', n: 1, person: BEN });
  const seen = listen(call);
  socket().tell(state({ epoch: 'e2' }));
  await wait(14_000);
  assert.deepEqual(seen.left, []);
  await wait(2000);
  assert.deepEqual(seen.left, [BEN]);
  assert.ok(!call.room.people.has('p2'));
});

test('a false alarm is over with the room_state of the same worker', async () => {
  const seen = listen(await joined());
  socket().tell({ type: 'worker_lost' });
  socket().tell(state({ resumed: true }));
  await wait(10_000);
  assert.equal(FakePeerConnection.all.length, 1);
  assert.deepEqual(seen.condition, ['moving', '']);
});

test('a lost socket is told apart by whether media flows', async () => {
  const seen = listen(await joined());
  socket().onclose({ code: 1006 });
  FakePeerConnection.all[0].become('disconnected');
  FakePeerConnection.all[0].become('connected');
  await wait(500);
  await welcome();
  assert.deepEqual(seen.condition, ['socket', 'lost', 'socket', '']);
});

test('a crowded server is asked again until it lets the page in', async () => {
  const call = newCall();
  const seen = listen(call);
  call.join('Ann');
  for (let i = 1; i <= 3; i += 1) {
    socket().open();
    socket().tell({ type: 'error', code: 'crowded', message: 'Words.' });
    socket().onclose({ code: 4503 });
    await wait(10_000);
    assert.ok(FakeSocket.all.length > i);
  }
  assert.deepEqual([seen.condition, seen.problem, seen.ended], [['crowded'], [], []]);
  assert.ok(!call.entered);
  await welcome();
  socket().tell(state());
  assert.deepEqual(seen.condition, ['crowded', '']);
  assert.ok(call.entered);
});

test('a server that does not reach the worker is asked until it does', async () => {
  const seen = listen(await joined());
  socket().tell({ type: 'error', code: 'unavailable', message: 'Words.' });
  assert.deepEqual([seen.condition, seen.problem], [['socket'], []]);
  await wait(6000);
  assert.equal(socket().of('snapshot').length, 2);
  socket().tell(state({ resumed: true }));
  assert.deepEqual(seen.condition, ['socket', '']);
});

test('a worker that no longer knows the participant gets another socket', async () => {
  await joined();
  const refused = { type: 'refused', command: 'slots', code: 'not_in_room', detail: '' };
  socket().tell(refused);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('a page that comes back as a new participant makes a new connection', async () => {
  await joined();
  socket().onclose({ code: 1006 });
  await wait(500);
  await welcome();
  socket().tell(state({ resumed: false }));
  await settled();
  assert.equal(FakePeerConnection.all.length, 2);
});
