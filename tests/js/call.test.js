import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { LocalMedia } from '../../static/rooms/media/local_media.js';
import { BEN, install, joined, listen, newCall, socket, welcome } from './calls.js';
import { FakePeerConnection, WELCOME, settled, state, wait } from './fakes.js';

beforeEach(install);

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

test('a hand is raised until the room says so, and others hear of it', async () => {
  const call = await joined();
  const seen = listen(call);
  const hands = () => socket().of('hand').map(({ raised }) => raised);
  call.setHand(true);
  assert.deepEqual(hands(), [true]);
  // The message was lost: the room does not know of it.
  socket().tell(state());
  assert.deepEqual(hands(), [true, true]);
  const people = state().people.map((person) => ({ ...person, hand: 5 }));
  socket().tell({ ...state(), people });
  assert.deepEqual(hands(), [true, true]);
  assert.equal(seen.hand.length, people.length);
  call.setHand(false);
  assert.deepEqual(hands(), [true, true, false]);
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

test('chat lines that were missed while the socket was away are asked for', async () => {
  await joined();
  socket().onclose({ code: 1006 });
  await wait(500);
  socket().open();
  socket().tell({ ...WELCOME, chat_number: 3 });
  assert.deepEqual(socket().of('chat_since'), [{ type: 'chat_since', number: 0, change: 0 }]);
});
