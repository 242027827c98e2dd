import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { settled, wait } from './fakes.js';
import {
  TRACK, WISH, WITHOUT_SENDERS, answer, arrive, bind, connected, follow, from, install, moving,
  open, own, peer, peers, room, shown,
} from './linked.js';

beforeEach(install);

test('a new worker gets a connection of its own, and the old one goes on', async () => {
  const made = await moving();
  assert.equal(open().length, 2);
  for (const pc of peers()) assert.equal(pc.transceivers[1].sender.track, TRACK, 'both send');
  assert.deepEqual(from(made), [0, 0]);
  assert.ok(shown(made).live);
  assert.ok(made.link.moving && made.link.alive);
  await wait(30_000 - 15_000);
  assert.ok(!peers()[0].closed, 'nothing has taken over');
});

test('a tile switches when its video has come over the new connection, not before', async () => {
  const made = await moving();
  peer().become('connected');
  await wait(100);
  assert.deepEqual(from(made), [0, 0], 'the slots are not bound');
  bind(made);
  await wait(100);
  assert.deepEqual(from(made), [0, 0], 'nothing has come');
  peer().arrived.set('4', 'audio');
  await wait(100);
  assert.deepEqual(from(made), [1, 0]);
  assert.ok(!peers()[0].closed);
  arrive();
  await wait(100);
  assert.deepEqual(from(made), [1, 1]);
  await wait(1500);
  assert.deepEqual(peers().map(({ closed }) => closed), [true, false]);
  assert.ok(shown(made).live);
  assert.ok(!made.link.moving);
});

test('what does not come is waited for three seconds after the connection', async () => {
  const made = await moving();
  peer().become('connected');
  await wait(2900);
  assert.ok(!peers()[0].closed);
  await wait(600);
  assert.deepEqual(peers().map(({ closed }) => closed), [true, false]);
});

test('one\'s own tracks are not stopped by a move, and are sent on', async () => {
  const made = await moving();
  peer().become('connected');
  await wait(4000);
  assert.equal(made.local.stops, 0);
  assert.equal(peer().transceivers[1].sender.track, TRACK);
  assert.deepEqual(made.of('offer')[1].muted, ['microphone', 'screen', 'screen-audio']);
});

test('after a false alarm the old connection is kept, and told again', async () => {
  const made = await moving();
  made.link.follow(room('e1'), true);
  await settled();
  assert.deepEqual(peers().map(({ closed }) => closed), [false, true]);
  assert.deepEqual(from(made), [0, 0]);
  made.local.put('camera', null);
  await wait(100);
  assert.deepEqual(made.of('mute').at(-1), { type: 'mute', source: 'camera', muted: true });
  assert.ok(!made.link.moving);
});

test('a false alarm without another room_state costs nothing', async () => {
  const made = await connected();
  made.link.doubt();
  await wait(5000);
  assert.equal(open().length, 1);
  made.link.follow(room('e1'), true);
  await wait(5000);
  assert.deepEqual([peers().length, made.of('offer').length], [1, 1]);
});

test('if the new connection fails, the old one stays, and another follows later', async () => {
  const made = await moving();
  for (const pause of [500, 1000, 2000]) {
    const before = peers().length;
    peer().become('failed');
    assert.ok(!peers()[0].closed);
    assert.ok(shown(made).live);
    await wait(pause - 50);
    assert.equal(peers().length, before);
    await wait(500);
    assert.equal(peers().length, before + 1);
    await answer(made);
  }
  peer().become('connected');
  await wait(4000);
  assert.deepEqual(open(), [peer()]);
});

test('a connection that was never answered for is replaced, and the old one stays', async () => {
  const made = await connected();
  made.link.follow(room('e2'), false);
  await wait(16_000);
  assert.equal(peers().length, 3);
  assert.deepEqual(peers().map(({ closed }) => closed), [false, true, false]);
});

test('the worker after the next gets the next connection', async () => {
  const made = await moving();
  await follow(made, 'e3');
  assert.deepEqual(peers().map(({ closed }) => closed), [false, true, false]);
  peer().become('connected');
  await wait(4000);
  assert.deepEqual(open(), [peer()]);
});

test('an old connection that dies during a move changes nothing for the new one', async () => {
  const made = await moving();
  peers()[0].become('failed');
  assert.deepEqual(open(), [peer()]);
  assert.ok(!made.link.alive);
  peer().become('connected');
  assert.ok(made.link.alive);
  await wait(10_000);
  assert.equal(peers().length, 2);
});

test('what the worker says belongs to the newest connection', async () => {
  const made = await moving();
  const wanted = peers().map((_, i) => made.link._links[i].connection);
  const seen = wanted.map((connection) => mock.method(connection, 'want', async () => {}));
  made.link.want({ type: 'layers_wanted', source: 'camera', rids: [] });
  assert.deepEqual(seen.map(({ mock: { calls } }) => calls.length), [0, 1]);
});

test('statistics follow the connection over which media flows', async () => {
  const made = await moving();
  peers().forEach(({ transceivers }, i) => (transceivers[1].sender.getStats = async () => i));
  assert.equal(await made.link.sentStatistics('camera'), 0);
  peer().become('connected');
  assert.equal(await made.link.sentStatistics('camera'), 1);
});

test('a codec that was too expensive stays given up in the next connection', async () => {
  const made = await moving();
  const given = made.link._links.map(
    ({ connection }) => connection._senders.get('camera')._givenUp,
  );
  assert.equal(given[0], given[1]);
});

test('voices of people without a pair come over one connection at a time', async () => {
  const made = await connected();
  const crowd = Array.from({ length: 13 }, (_, i) => ({ ...WISH, key: `k${i}` }));
  made.link.subscriptions.want(crowd);
  await wait(100);
  await answer(made);
  const { voices } = made.link.subscriptions;
  assert.equal(voices.length, 4);
  await follow(made, 'e2');
  assert.equal(made.link.subscriptions.voices[0], voices[0]);
  peer().become('connected');
  await wait(4000);
  assert.equal(made.link.subscriptions.voices.length, 4);
  assert.notEqual(made.link.subscriptions.voices[0], voices[0]);
});

test('a listener who moves gets the same slots', async () => {
  const made = await connected({ publish: false });
  made.link.subscriptions.want([WISH]);
  await wait(100);
  bind(made, WITHOUT_SENDERS);
  await follow(made, 'e2');
  const tracks = made.of('slots').map(({ slots }) => slots.map(({ track }) => track));
  assert.deepEqual(tracks, [[WISH.audio, WISH.video], [WISH.audio, WISH.video]]);
});
