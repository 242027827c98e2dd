import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Call } from '../../static/rooms/room/call.js';
import { LocalMedia } from '../../static/rooms/media/local_media.js';
import { FakePeerConnection, FakeSocket, WELCOME, installFakes, settled, state } from './fakes.js';

beforeEach(() => {
  installFakes();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
});

const local = () => ({
  on() {}, stop() {}, track: () => null, isOn: () => false, mode: () => 'auto',
});

const newCall = (media = local(), publish = false) =>
  new Call({ ws: '', pass: 'a', role: 'guest', publish, ice_servers: [], max_bitrate: 1 }, media);

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

/** A call whose first offer is answered. */
async function joined(media = local(), publish = false) {
  const call = newCall(media, publish);
  call.join('Ann');
  await welcome(publish);
  socket().tell(state());
  await settled();
  await answer();
  FakePeerConnection.all[0].become('connected');
  return call;
}

async function answer() {
  socket().tell({
    type: 'answer', id: socket().of('offer').at(-1).id, sdp: 'answer', ice_session: '',
  });
  await settled();
}

/** Six others, for whom the first four slots are not enough. */
const CROWD = Array.from({ length: 6 }, (_, i) => ({
  key: `k${i}`, audio: `a${i}`, video: `v${i}`, height: 90, priority: i,
}));

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
  await wait(60_000);
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

test('a wish without an answer is repeated, but not for ever', async () => {
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

for (const [when, happen] of [
  ['the call is over', (call) => call.leave()],
  [
    'its person may only listen',
    () => socket().tell({ type: 'role', role: 'listener', publish: false }),
  ],
]) {
  test(`a device that starts when ${when} is stopped`, async () => {
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

/** Collects the events of a call by name. */
function listen(call) {
  const seen = { joined: [], left: [], ended: [], problem: [], role: [], fresh_link: [] };
  for (const name of Object.keys(seen)) call.on(name, (detail) => seen[name].push(detail));
  return seen;
}

const BEN = { id: 'p2', name: 'Ben', role: 'guest', stream: false };

for (const [reason, why] of [
  ['refused:removed', 'removed'],
  ['refused:room_closed', 'closed'],
  ['refused:room_full', 'full'],
  ['refused:replaced', 'replaced'],
  ['refused:something', 'out'],
]) {
  test(`a call that the server ends with ${reason} ends as ${why}`, async () => {
    const seen = listen(await joined());
    socket().tell({ type: 'error', code: reason, message: 'Words.' });
    socket().onclose({ code: 4403 });
    assert.deepEqual(seen.ended.map((end) => end.why), [why]);
    assert.ok(FakePeerConnection.all[0].closed);
  });
}

test('before the first room_state a refusal is not the end of a call', async () => {
  const call = newCall();
  const seen = listen(call);
  call.join('Ann');
  socket().open();
  socket().tell({ type: 'error', code: 'refused:something', message: 'Words.' });
  socket().onclose({ code: 4403 });
  assert.deepEqual(seen.ended.map(({ why, message }) => [why, message]), [['refused', 'Words.']]);
});

test('a pass that is no longer valid has its own reason', async () => {
  const seen = listen(await joined());
  socket().onclose({ code: 4401 });
  assert.deepEqual(seen.ended.map(({ why }) => why), ['pass']);
});

test('a participant that timed out rejoins as the same one, a removed one is out', async () => {
  const seen = listen(await joined());
  socket().tell({ type: 'removed', why: 'timeout' });
  await wait(500);
  socket().open();
  assert.deepEqual([seen.ended, socket().of('join')[0].resume], [[], 'again']);
  socket().tell({ ...WELCOME });
  socket().tell({ type: 'removed', why: 'removed' });
  assert.deepEqual(seen.ended.map(({ why }) => why), ['removed']);
});

test('a call ends once, and hears nothing afterwards', async () => {
  const call = await joined();
  const seen = listen(call);
  call.leave();
  call.leave();
  const devices = { microphone: false, camera: false };
  assert.deepEqual(seen.ended, [{ why: 'left', message: '', devices }]);
  const { room } = call;
  socket().tell(state({ epoch: 'e9' }));
  assert.equal(call.room, room);
});

test('people who join and leave are announced, those who were there before are not', async () => {
  const call = newCall();
  const seen = listen(call);
  call.join('Ann');
  await welcome();
  const people = [...state().people, BEN];
  socket().tell(state({ people }));
  assert.deepEqual([seen.joined, seen.left], [[], []]);
  socket().tell({ type: 'participant_left', epoch: 'e1', n: 1, participant: 'p2' });
  assert.deepEqual(seen.left, [BEN]);
  socket().tell({ type: 'participant_joined', epoch: 'e1', n: 2, person: BEN });
  assert.deepEqual(seen.joined, [BEN]);
  // Cy came and Ben left while this page missed events.
  const cy = { ...BEN, id: 'p3', name: 'Cy' };
  socket().tell(state({ n: 9, people: [...state().people, cy] }));
  assert.deepEqual([seen.joined, seen.left], [[BEN, cy], [BEN, BEN]]);
});

test('a gap in the events asks for the state, once until it comes', async () => {
  const call = await joined();
  for (const n of [3, 4]) {
    socket().tell({ type: 'participant_joined', epoch: 'e1', n, person: BEN });
  }
  assert.equal(socket().of('snapshot').length, 1);
  assert.ok(!call.room.people.has('p2'), 'nothing is made up meanwhile');
  socket().tell(state({ n: 4, people: [...state().people, BEN] }));
  await wait(60_000);
  assert.equal(socket().of('snapshot').length, 1);
  assert.equal(FakePeerConnection.all.length, 1, 'the connection stays');
});

test('a lost worker ends the connection, and the next room_state begins another', async () => {
  await joined();
  socket().tell({ type: 'worker_lost' });
  assert.ok(FakePeerConnection.all[0].closed);
  socket().tell(state({ epoch: 'e2' }));
  await settled();
  assert.equal(FakePeerConnection.all.length, 2);
});

test('a worker that no longer knows the participant gets another socket', async () => {
  await joined();
  const refused = { type: 'refused', command: 'slots', code: 'not_in_room', detail: '' };
  socket().tell(refused);
  await wait(500);
  assert.equal(FakeSocket.all.length, 2);
});

test('an error about a chat line goes to the chat, any other is a problem', async () => {
  const call = await joined();
  const seen = listen(call);
  call.chat.say('hello');
  const { nonce } = socket().of('chat').at(-1);
  socket().tell({ type: 'error', code: 'too_long', message: 'Too long.', nonce });
  assert.deepEqual([seen.problem, [...call.chat.log.refused.keys()]], [[], [nonce]]);
  socket().tell({ type: 'error', code: 'too_fast', message: 'Slower.' });
  assert.deepEqual(seen.problem, ['Slower.']);
});

test('a fresh link is announced, a requested one is the answer', async () => {
  const call = await joined();
  const seen = listen(call);
  const asked = call.ask({ type: 'link' });
  socket().tell({ type: 'link', link: 'new', note: '', fresh: true });
  socket().tell({ type: 'link', link: 'asked', note: '', fresh: false });
  assert.equal((await asked).link, 'asked');
  assert.deepEqual(seen.fresh_link, ['new']);
});

test('a role is announced when it changes, with whether it may send from now on', async () => {
  const seen = listen(await joined());
  const role = (name, publish) => socket().tell({ type: 'role', role: name, publish });
  role('guest', false);
  role('speaker', true);
  role('owner', true);
  role('listener', false);
  assert.deepEqual(seen.role.map(({ role, raised }) => [role, raised]), [
    ['speaker', true], ['owner', false], ['listener', false],
  ]);
});

test('a removal says whether the server could be told', async () => {
  const call = await joined();
  assert.ok(call.remove('p2', true));
  const remove = { type: 'remove', participant: 'p2', stop_link: true };
  assert.deepEqual(socket().of('remove'), [remove]);
  socket().onclose({ code: 1006 });
  assert.ok(!call.remove('p2', true));
});

test('an offer that the worker refuses is a failure, another refused command is not', async () => {
  await joined();
  const refused = { type: 'refused', code: 'bad', detail: '' };
  socket().tell({ ...refused, command: 'slots' });
  assert.ok(!FakePeerConnection.all[0].closed);
  socket().tell({ ...refused, command: 'offer' });
  assert.ok(FakePeerConnection.all[0].closed);
});

test('a question that is open when the socket is lost has no answer', async () => {
  const call = await joined();
  const asked = call.ask({ type: 'link' });
  socket().onclose({ code: 1006 });
  assert.equal(await asked, null);
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

test('chat lines that were missed while the socket was away are asked for', async () => {
  await joined();
  socket().onclose({ code: 1006 });
  await wait(500);
  socket().open();
  socket().tell({ ...WELCOME, chat_number: 3 });
  assert.deepEqual(socket().of('chat_since'), [{ type: 'chat_since', number: 0 }]);
});
