import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Subscriptions } from '../../static/rooms/room/subscriptions.js';

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

const receiver = (mid) => ({ mid, receiver: { track: `track ${mid}` } });

/** A connection of which the worker has answered all pairs: 0 and 1 are the first one's mids. */
class FakeConnection {
  constructor(pairs = 4, voices = 0) {
    this.receivers = Array.from({ length: pairs }, (_, i) => ({
      audio: receiver(String(2 * i)),
      video: receiver(String(2 * i + 1)),
    }));
    this.voices = Array.from({ length: voices }, (_, i) => receiver(`voice${i}`));
    this.grown = [];
  }

  get pairs() {
    return this.receivers.map(({ audio, video }) => ({ audio: audio.mid, video: video.mid }));
  }

  get voiceMids() {
    return this.voices.map(({ mid }) => mid);
  }

  grow(pairs, voices) {
    this.grown.push([pairs, voices]);
  }
}

const wish = (key, more = {}) => ({
  key,
  audio: `${key}:microphone`,
  video: `${key}:camera`,
  height: 90,
  priority: 1,
  ...more,
});

/** Slots of a connection; `told` is what the worker was told, `seen.away` keeps it from that. */
function subscribed(connection = new FakeConnection()) {
  const told = [];
  const seen = { away: false };
  const subscriptions = new Subscriptions((slots) => {
    if (!seen.away) told.push(slots.map(({ mid, track }) => `${mid}=${track ?? ''}`).join(' '));
    return !seen.away;
  });
  subscriptions.use(connection);
  const want = (...wishes) => {
    subscriptions.want(wishes);
    mock.timers.tick(100);
  };
  return { subscriptions, connection, told, seen, want };
}

const bound = (mid, track, more = {}) => ({
  type: 'slot_bound', mid, track, layer: 'h', limit: '', ...more,
});
const paused = (mid, track, why) => ({ type: 'slot_paused', mid, track, why });

test('the worker is told when wishes have settled, and once', () => {
  const { subscriptions, told } = subscribed();
  subscriptions.want([wish('a')]);
  mock.timers.tick(99);
  subscriptions.want([wish('a'), wish('b')]);
  mock.timers.tick(99);
  assert.deepEqual(told, []);
  mock.timers.tick(1);
  assert.deepEqual(told, ['0=a:microphone 1=a:camera 2=b:microphone 3=b:camera']);
});

test('only what has changed is told', () => {
  const { told, want } = subscribed();
  want(wish('a'), wish('b'));
  want(wish('a'), wish('b', { video: null }));
  assert.equal(told.at(-1), '3=');
  want(wish('a'), wish('b', { video: null }));
  assert.equal(told.length, 2);
  want(wish('a', { height: 700 }), wish('b', { video: null }));
  assert.equal(told.at(-1), '1=a:camera');
});

test('wishes that could not be told are told the next time', () => {
  const { subscriptions, told, seen, want } = subscribed();
  seen.away = true;
  want(wish('a'));
  seen.away = false;
  subscriptions.flush();
  assert.deepEqual(told, ['0=a:microphone 1=a:camera']);
});

test('without a connection nothing is told, and a new one is told everything', () => {
  const { subscriptions, told, want } = subscribed();
  want(wish('a'));
  subscriptions.use(null);
  want(wish('a'), wish('b'));
  assert.equal(told.length, 1);
  subscriptions.use(new FakeConnection());
  subscriptions.flush();
  assert.equal(told.at(-1), '0=a:microphone 1=a:camera 2=b:microphone 3=b:camera');
});

test('a connection grows with the wishes and never shrinks', () => {
  const { subscriptions, connection, want } = subscribed(new FakeConnection(8));
  want(wish('a'));
  want(...Array.from({ length: 13 }, (_, i) => wish(`k${i}`)));
  assert.deepEqual(connection.grown, [[8, 0], [16, 4]]);
  assert.deepEqual(subscriptions.size, { pairs: 16, voices: 4 }, 'a new one is as large at once');
});

test('of more wishes than pairs only those with a pair are told', () => {
  const { subscriptions, told, want } = subscribed(new FakeConnection(1));
  want(wish('a', { priority: 2 }), wish('b'));
  assert.deepEqual(told, ['0=a:microphone 1=a:camera']);
  assert.equal(subscriptions.arriving(wish('b')), null);
});

test('a picture is live when it is the one that was wished for', () => {
  const { subscriptions, want } = subscribed();
  const screen = wish('a', { video: 'a:screen' });
  want(wish('a'));
  assert.ok(!subscriptions.arriving(wish('a')).live, 'the worker has not said so');
  subscriptions.bound(bound('1', 'a:camera'));
  const { audio, video, live } = subscriptions.arriving(wish('a'));
  assert.deepEqual([audio, video, live], ['track 0', 'track 1', true]);
  assert.ok(!subscriptions.arriving(screen).live, 'another picture is in the slot');
  assert.ok(!subscriptions.arriving(wish('a', { video: null })).live, 'no picture is wished for');
});

test('a picture that is held back says why until it flows again', () => {
  const { subscriptions, want } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('1', 'a:camera'));
  subscriptions.paused(paused('1', 'a:camera', 'bandwidth'));
  const held = subscriptions.arriving(wish('a'));
  assert.deepEqual([held.live, held.paused], [false, 'bandwidth']);
  assert.equal(subscriptions.arriving(wish('a', { video: 'a:other' })).paused, '');
  subscriptions.bound(bound('1', 'a:camera'));
  const flowing = subscriptions.arriving(wish('a'));
  assert.deepEqual([flowing.live, flowing.paused], [true, '']);
});

test('in a new connection nothing is live yet', () => {
  const { subscriptions, want } = subscribed();
  want(wish('a'), wish('b'));
  subscriptions.bound(bound('1', 'a:camera'));
  subscriptions.paused(paused('3', 'b:camera', 'bandwidth'));
  subscriptions.use(new FakeConnection());
  assert.ok(!subscriptions.arriving(wish('a')).live);
  assert.equal(subscriptions.arriving(wish('b')).paused, '');
});

test('statistics learn where a picture arrives, its layer, and why it is no better', () => {
  const { subscriptions, connection, want } = subscribed();
  want(wish('a'));
  assert.equal(subscriptions.receiver('b'), null);
  subscriptions.bound(bound('1', 'a:camera', { layer: 'q', limit: 'bandwidth' }));
  const { receiver } = connection.receivers[0].video;
  assert.deepEqual(subscriptions.receiver('a'), { receiver, layer: 'q', limit: 'bandwidth' });
  subscriptions.paused(paused('1', 'a:camera', 'muted'));
  assert.deepEqual(subscriptions.receiver('a'), { receiver, layer: '', limit: 'muted' });
});

test('a slot of which the worker has said something is not told again', () => {
  const { subscriptions, told, want } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('0', 'a:microphone'));
  subscriptions.paused(paused('1', 'a:camera', 'muted'));
  mock.timers.tick(60_000);
  assert.equal(told.length, 1);
});

test('a slot that still has the previous track is told again, an empty one is not', () => {
  const { subscriptions, told, want } = subscribed();
  want(wish('a'));
  for (const [mid, source] of [['0', 'microphone'], ['1', 'camera']]) {
    subscriptions.bound(bound(mid, `a:${source}`));
  }
  want(wish('a', { audio: null, video: 'a:other' }));
  assert.equal(told.at(-1), '0= 1=a:other');
  mock.timers.tick(5000);
  assert.equal(told.at(-1), '1=a:other');
});

test('a wish that the worker never answers is told four times', () => {
  const { told, want } = subscribed();
  want(wish('a'));
  for (const pause of [5000, 10_000, 20_000, 40_000, 60_000]) mock.timers.tick(pause);
  assert.deepEqual(told, Array(4).fill('0=a:microphone 1=a:camera'));
});

test('a connection that is gone is asked nothing any more', () => {
  const { subscriptions, told, want } = subscribed();
  want(wish('a'));
  subscriptions.use(null);
  mock.timers.tick(60_000);
  assert.equal(told.length, 1);
});

test('voices arrive in the same tracks, whoever speaks', () => {
  const { subscriptions, told, want } = subscribed(new FakeConnection(1, 2));
  assert.deepEqual(subscriptions.voices, ['track voice0', 'track voice1']);
  want(wish('a'));
  assert.equal(told[0], 'voice0= voice1= 0=a:microphone 1=a:camera');
  subscriptions.use(null);
  assert.deepEqual(subscriptions.voices, []);
});
