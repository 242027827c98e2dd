import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { installFakes, settled, wait } from './fakes.js';
import {
  TRACK, WISH, answer, connected, follow, from, install, linked, open, own, peer, peers, room,
} from './linked.js';

beforeEach(install);

test('an offer says what is muted, so that nothing has to be told after it', async () => {
  const made = linked();
  made.local.tracks.set('microphone', TRACK);
  await follow(made);
  await wait(1000);
  assert.deepEqual(made.of('offer')[0].muted, ['camera', 'screen', 'screen-audio']);
  assert.deepEqual(made.of('mute'), []);
  assert.equal(peer().transceivers[0].sender.track, TRACK);
});

test('a listener does not offer to send, and says nothing about devices', async () => {
  const made = linked({ publish: false });
  await follow(made);
  await wait(1000);
  const [offer] = made.of('offer');
  assert.deepEqual([offer.tracks, offer.muted, made.of('mute')], [{}, [], []]);
  assert.equal(peer().transceivers.length, 8, 'four pairs');
});

test('a device that is turned on needs no new offer', async () => {
  const made = await connected();
  made.local.put('camera', TRACK);
  await wait(100);
  assert.equal(peer().transceivers[1].sender.track, TRACK);
  assert.deepEqual(made.of('mute'), [{ type: 'mute', source: 'camera', muted: false }]);
  assert.equal(made.of('offer').length, 1);
});

test('a device that changes before the answer is told after it', async () => {
  const made = linked();
  made.link.follow(room('e1'), false);
  await settled();
  made.local.put('camera', TRACK);
  await wait(1000);
  assert.deepEqual(made.of('mute'), []);
  await answer(made);
  assert.deepEqual(made.of('mute'), [{ type: 'mute', source: 'camera', muted: false }]);
});

test('mute is told again until the room says the same of the track', async () => {
  const made = await connected();
  made.local.put('microphone', TRACK);
  await wait(100);
  const said = (muted) => made.link.heard(room('e1', [own('microphone', muted)]));
  said(true);
  await wait(5000);
  const { length } = made.of('mute');
  assert.ok(length >= 3, `told ${length} times`);
  said(false);
  await wait(60_000);
  assert.equal(made.of('mute').length, length);
  said(true);
  await wait(500);
  assert.equal(made.of('mute').length, length + 1, 'something has gone wrong since');
});

test('a device that starts when its person may no longer send is stopped', async () => {
  const made = await connected();
  made.link.allow(false);
  made.local.put('microphone', TRACK);
  await settled();
  assert.equal(made.local.track('microphone'), null);
});

test('after a failure a new connection follows after a pause', async () => {
  const made = await connected();
  peer().become('failed');
  assert.ok(!made.link.alive);
  await wait(450);
  assert.deepEqual([peers().length, made.seen.needed], [1, 0]);
  await wait(550);
  assert.deepEqual([peers().length, made.seen.needed], [2, 1]);
});

test('pauses get longer while nothing connects, and start over when something has', async () => {
  const made = linked();
  await follow(made);
  const pauses = [];
  for (const reached of [false, false, true, false]) {
    if (reached) peer().become('connected');
    made.link.refused();
    const before = peers().length;
    let waited = 0;
    for (; peers().length === before && waited < 60_000; waited += 100) await wait(100);
    pauses.push(Math.round(waited / 500) * 500);
    await answer(made);
  }
  assert.deepEqual(pauses.map((pause) => pause <= 1000), [true, true, true, true]);
  assert.ok(pauses[1] > pauses[2] || pauses[1] > pauses[0]);
});

test('without a socket no connection is opened', async () => {
  const made = await connected();
  made.signalling.connected = false;
  made.link.doubt();
  peer().become('failed');
  await wait(10_000);
  assert.equal(peers().length, 1);
  made.signalling.connected = true;
  await follow(made);
  assert.equal(peers().length, 2);
});

test('without a socket, a connection over which nothing arrives is not called alive', async () => {
  const made = await connected();
  await wait(20_000);
  assert.ok(made.link.alive, 'the server would tell');
  made.signalling.connected = false;
  await wait(1000);
  assert.ok(made.link.alive);
  await wait(8000);
  assert.ok(!made.link.alive);
  made.signalling.connected = true;
  await wait(1000);
  assert.ok(made.link.alive);
  made.link.close();
});

test('a connection that is silent for long is replaced, unless it recovers', async () => {
  for (const recovers of [true, false]) {
    installFakes();
    const made = await connected();
    peer().become('disconnected');
    assert.ok(!made.link.alive);
    if (recovers) await wait(4000);
    else await wait(5500);
    if (recovers) peer().become('connected');
    await wait(2000);
    assert.equal(peers().length, recovers ? 1 : 2);
    assert.ok(!peers()[0].closed, 'it may still recover');
    made.link.close();
  }
});

test('a connection that the worker does not know is replaced', async () => {
  const made = await connected();
  await follow(made, 'e1', { resumed: true });
  assert.equal(peers().length, 1);
  await follow(made, 'e1', { resumed: false });
  assert.equal(peers().length, 2);
  await follow(made, 'e1', { resumed: true });
  assert.equal(peers().length, 2);
});

test('over another socket the open offer, slots and mute are told again', async () => {
  const made = await connected();
  made.link.subscriptions.want(Array.from({ length: 6 }, (_, i) => ({ ...WISH, key: `k${i}` })));
  made.local.put('camera', TRACK);
  await wait(100);
  const counts = () => ['offer', 'slots', 'mute'].map((type) => made.of(type).length);
  assert.deepEqual(counts(), [2, 1, 1]);
  made.signalling.number += 1;
  made.link.follow(room('e1'), true);
  await settled();
  assert.deepEqual(counts(), [3, 2, 5]);
});

test('losing the right to send stops devices, and the connection stays', async () => {
  const made = await connected();
  made.local.put('camera', TRACK);
  await settled();
  made.link.allow(false);
  await settled();
  assert.equal(made.local.stops, 1);
  assert.equal(peer().transceivers[1].sender.track, null);
  await wait(5000);
  assert.deepEqual([peers().length, made.of('offer').length], [1, 1]);
  made.link.subscriptions.want(Array.from({ length: 6 }, (_, i) => ({ ...WISH, key: `k${i}` })));
  await wait(100);
  assert.deepEqual(made.of('offer').at(-1).tracks, {}, 'more slots, but nothing to send');
});

test('the right to send adds to the connection', async () => {
  const made = await connected({ publish: false });
  made.link.allow(true);
  await settled();
  assert.equal(peers().length, 1);
  const offer = made.of('offer').at(-1);
  assert.deepEqual(Object.values(offer.tracks), ['microphone', 'camera', 'screen', 'screen-audio']);
  made.local.put('camera', TRACK);
  await settled();
  assert.equal(peer().transceivers[9].sender.track, TRACK);
});

test('a browser that was silenced once sends over another connection', async () => {
  const made = await connected();
  made.link.allow(false);
  made.link.allow(true);
  await settled();
  assert.deepEqual(peers().map(({ closed }) => closed), [false, false]);
  await answer(made);
  peer().become('connected');
  await wait(4000);
  assert.deepEqual(open(), [peer()]);
});

test('a right that changes while there is no connection makes none', () => {
  const made = linked();
  made.link.allow(false);
  assert.equal(peers().length, 0);
});

test('unanswered offers end the socket only while it seems to be open', async () => {
  for (const here of [true, false]) {
    const made = await connected();
    made.signalling.connected = here;
    const crowd = Array.from({ length: 6 }, (_, i) => ({ key: `k${i}`, audio: '', video: '' }));
    made.link.subscriptions.want(crowd);
    await wait(36_000);
    assert.equal(made.seen.reopened, here ? 1 : 0);
  }
});

test('after the end nothing is sent, and a device that starts late is stopped', async () => {
  const made = await connected();
  made.link.close();
  assert.deepEqual([peer().closed, made.local.stops], [true, 1]);
  const before = made.of('mute').length;
  made.local.put('microphone', TRACK);
  await settled();
  assert.equal(made.local.track('microphone'), null);
  await wait(60_000);
  assert.deepEqual([made.of('mute').length, made.seen.needed], [before, 0]);
});
