import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Subscriptions } from '../../static/rooms/room/subscriptions.js';

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
function subscribed(connection = new FakeConnection(), before = undefined) {
  const told = [];
  const seen = { away: false, now: 0, lost: 0 };
  const tell = (slots) => {
    if (!seen.away) told.push(slots.map(({ mid, track }) => `${mid}=${track ?? ''}`).join(' '));
    return !seen.away;
  };
  const subscriptions = new Subscriptions(connection, tell, before);
  const look = () => {
    if (subscriptions.look(seen.now)) seen.lost += 1;
  };
  const want = (...wishes) => {
    subscriptions.want(wishes);
    look();
  };
  const wait = (milliseconds) => {
    for (let left = milliseconds; left > 0; left -= 500) {
      seen.now += 500;
      look();
    }
  };
  return { subscriptions, connection, told, seen, want, wait, look };
}

const bound = (mid, track, more = {}) => ({
  type: 'slot_bound', mid, track, layer: 'h', limit: '', ...more,
});
const paused = (mid, track, why) => ({ type: 'slot_paused', mid, track, why });

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
  const { told, seen, want, look } = subscribed();
  seen.away = true;
  want(wish('a'));
  seen.away = false;
  look();
  assert.deepEqual(told, ['0=a:microphone 1=a:camera']);
});

test('the next connection is asked for everything, in the same pairs', () => {
  const { subscriptions, want } = subscribed();
  want(wish('a'), wish('b'));
  want(wish('b'));
  const next = subscribed(new FakeConnection(), subscriptions);
  next.look();
  assert.deepEqual(next.told, ['2=b:microphone 3=b:camera']);
});

test('a connection that is not answered yet is asked for nothing, and keeps the pairs', () => {
  const { subscriptions, want } = subscribed();
  want(wish('a'), wish('b'));
  const connection = new FakeConnection();
  const { pairs } = connection;
  Object.defineProperty(connection, 'pairs', { value: [], writable: true });
  const next = subscribed(connection, subscriptions);
  next.want(wish('b'));
  assert.deepEqual(next.told, []);
  connection.pairs = pairs;
  next.look();
  assert.deepEqual(next.told, ['2=b:microphone 3=b:camera']);
});

test('a connection grows with the wishes and never shrinks', () => {
  const { connection, want } = subscribed(new FakeConnection(8));
  want(wish('a'));
  want(...Array.from({ length: 13 }, (_, i) => wish(`k${i}`)));
  assert.deepEqual(connection.grown, [[8, 0], [16, 4]]);
});

test('of more wishes than pairs only those with a pair are told', () => {
  const { subscriptions, told, want } = subscribed(new FakeConnection(1));
  want(wish('a', { priority: 2 }), wish('b'));
  assert.deepEqual(told, ['0=a:microphone 1=a:camera']);
  assert.equal(subscriptions.arriving(wish('b')), null);
});

test('a picture is bound when it is the one that was wished for', () => {
  const { subscriptions, want } = subscribed();
  const screen = wish('a', { video: 'a:screen' });
  want(wish('a'));
  assert.ok(!subscriptions.arriving(wish('a')).video.bound, 'the worker has not said so');
  subscriptions.bound(bound('1', 'a:camera'));
  const { audio, video } = subscriptions.arriving(wish('a'));
  assert.deepEqual(audio, { track: 'track 0', mid: '0', bound: false });
  assert.deepEqual(video, { track: 'track 1', mid: '1', bound: true });
  assert.ok(!subscriptions.arriving(screen).video.bound, 'another picture is in the slot');
  const nothing = subscriptions.arriving(wish('a', { video: null }));
  assert.ok(!nothing.video.bound, 'no picture is wished for');
});

test('a picture that is held back says why until it flows again', () => {
  const { subscriptions, want } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('1', 'a:camera'));
  subscriptions.paused(paused('1', 'a:camera', 'bandwidth'));
  const held = subscriptions.arriving(wish('a'));
  assert.deepEqual([held.video.bound, held.paused], [false, 'bandwidth']);
  assert.equal(subscriptions.arriving(wish('a', { video: 'a:other' })).paused, '');
  subscriptions.bound(bound('1', 'a:camera'));
  const flowing = subscriptions.arriving(wish('a'));
  assert.deepEqual([flowing.video.bound, flowing.paused], [true, '']);
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

test('a slot of which the worker has said something is told once more only', () => {
  const { subscriptions, told, want, wait } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('0', 'a:microphone'));
  subscriptions.paused(paused('1', 'a:camera', 'muted'));
  wait(29_500);
  assert.equal(told.length, 1);
  wait(120_000);
  assert.equal(told.length, 2, 'the size may have been lost');
});

test('a slot that still has the previous track is told again until it has the wished one', () => {
  const { subscriptions, told, want, wait } = subscribed();
  want(wish('a'));
  for (const [mid, source] of [['0', 'microphone'], ['1', 'camera']]) {
    subscriptions.bound(bound(mid, `a:${source}`));
  }
  want(wish('a', { audio: null, video: 'a:other' }));
  assert.equal(told.at(-1), '0= 1=a:other');
  subscriptions.paused(paused('0', '', 'unwanted'));
  wait(5000);
  assert.equal(told.at(-1), '1=a:other');
});

test('a slot that should be empty and is not is told again', () => {
  const { subscriptions, told, want, wait } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('0', 'a:microphone'));
  subscriptions.bound(bound('1', 'a:camera'));
  want(wish('a', { video: null }));
  wait(5000);
  assert.deepEqual(told.slice(1), ['1=']);
  subscriptions.bound(bound('1', 'a:camera'));
  wait(500);
  assert.deepEqual(told.slice(1), ['1=', '1=']);
});

test('a wish that the worker never answers is told for ever, and the room is asked for', () => {
  const { told, seen, want, wait } = subscribed();
  want(wish('a'));
  wait(15_000);
  assert.deepEqual([told.length, seen.lost], [3, 1]);
  const { length } = told;
  wait(600_000);
  assert.ok(told.length - length >= 10, 'at least every minute');
  assert.equal(told.at(-1), '0=a:microphone 1=a:camera');
});

test('a worker that may have missed everything is told everything', () => {
  const { subscriptions, told, want, look } = subscribed();
  want(wish('a'));
  subscriptions.bound(bound('0', 'a:microphone'));
  subscriptions.bound(bound('1', 'a:camera'));
  subscriptions.doubt();
  look();
  assert.deepEqual(told, Array(2).fill('0=a:microphone 1=a:camera'));
});

test('voices arrive in the same tracks, whoever speaks', () => {
  const { subscriptions, told, want } = subscribed(new FakeConnection(1, 2));
  assert.deepEqual(subscriptions.voices, ['track voice0', 'track voice1']);
  want(wish('a'));
  assert.equal(told[0], 'voice0= voice1= 0=a:microphone 1=a:camera');
});
