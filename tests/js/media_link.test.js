import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { MediaLink } from '../../static/rooms/room/media_link.js';
import { FakePeerConnection, installFakes, settled } from './fakes.js';

beforeEach(() => {
  installFakes();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  mock.method(Math, 'random', () => 1);
});

const WISH = { key: 'a', audio: 'a', video: 'v', height: 90, priority: 1 };

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
  }
}

/** A link that records its messages and events. */
function linked({ publish = true } = {}) {
  const sent = [];
  const seen = { media: [], changed: 0, needed: 0, reopened: 0 };
  const signalling = {
    connected: true,
    send(message) {
      sent.push(message);
      return this.connected;
    },
    reopen: () => (seen.reopened += 1),
  };
  const local = new FakeLocal();
  const link = new MediaLink({ ice_servers: [], max_bitrate: 1, publish }, local, signalling);
  link.on('media', (state) => seen.media.push(state));
  link.on('changed', () => (seen.changed += 1));
  link.on('needed', () => (seen.needed += 1));
  const of = (type) => sent.filter((message) => message.type === type);
  return { link, local, of, seen, signalling };
}

const peer = () => FakePeerConnection.all.at(-1);
const wait = async (milliseconds) => {
  mock.timers.tick(milliseconds);
  await settled();
};

/** Connect, and have the worker answer. */
async function connect(made, epoch = 'e1') {
  made.link.connect(epoch);
  await settled();
  made.link.accept({ type: 'answer', id: made.of('offer').at(-1).id, sdp: '', ice_session: '' });
  await settled();
}

test('after its first answer the worker is told what is muted', async () => {
  const made = linked();
  made.local.tracks.set('microphone', { enabled: true, getSettings: () => ({}) });
  await connect(made);
  assert.ok(made.link.isIn('e1'));
  assert.deepEqual(made.of('mute').map(({ source, muted }) => [source, muted]), [
    ['microphone', false], ['camera', true], ['screen', true], ['screen-audio', true],
  ]);
  assert.equal(peer().transceivers[0].sender.track, made.local.track('microphone'));
});

test('a listener does not offer to send, and says nothing about devices', async () => {
  const made = linked({ publish: false });
  await connect(made);
  assert.deepEqual([made.of('offer')[0].tracks, made.of('mute')], [{}, []]);
  assert.equal(peer().transceivers.length, 8, 'four pairs');
});

test('a device that is turned on needs no new offer', async () => {
  const made = linked();
  await connect(made);
  const track = { enabled: true, getSettings: () => ({}) };
  made.local.put('camera', track);
  await settled();
  assert.equal(peer().transceivers[1].sender.track, track);
  const told = { type: 'mute', source: 'camera', muted: false };
  assert.deepEqual(made.of('mute').at(-1), told);
  assert.equal(made.of('offer').length, 1);
});

test('before the first answer the worker is told nothing about devices', async () => {
  const made = linked();
  made.link.connect('e1');
  made.local.put('camera', { enabled: true, getSettings: () => ({}) });
  made.link.repeat();
  await settled();
  assert.deepEqual(made.of('mute'), []);
});

test('a device that starts when its person may no longer send is stopped', async () => {
  const made = linked();
  await connect(made);
  made.link.allow(false);
  made.local.put('microphone', { enabled: true });
  await settled();
  assert.equal(made.local.track('microphone'), null);
});

test('a failure is reported at once, and a new connection is requested after a pause', async () => {
  const made = linked();
  await connect(made);
  peer().become('connected');
  made.link.subscriptions.want([WISH]);
  await wait(100);
  peer().become('failed');
  assert.deepEqual(made.seen.media, ['connecting', 'connected', 'connecting', 'failed']);
  assert.ok(!made.link.isIn('e1'));
  assert.equal(made.link.subscriptions.arriving(WISH), null);
  await wait(499);
  assert.equal(made.seen.needed, 0);
  await wait(1);
  assert.equal(made.seen.needed, 1);
});

test('media that never flowed is blocked, media that did has failed', async () => {
  for (const [reached, last] of [[false, 'blocked'], [true, 'failed']]) {
    const made = linked();
    for (let i = 0; i < 2; i += 1) {
      await connect(made);
      if (reached && i === 0) peer().become('connected');
      peer().become('failed');
    }
    const ends = made.seen.media.filter((state) => state === 'failed' || state === 'blocked');
    assert.deepEqual(ends, ['failed', last]);
  }
});

test('pauses get longer while nothing connects, and start over when something has', async () => {
  const made = linked();
  const pauses = [];
  for (const reached of [false, false, true, false]) {
    await connect(made);
    if (reached) peer().become('connected');
    const { needed } = made.seen;
    made.link.failed();
    let waited = 0;
    for (; made.seen.needed === needed && waited < 60_000; waited += 500) await wait(500);
    pauses.push(waited);
  }
  assert.deepEqual(pauses, [500, 1000, 500, 1000]);
});

test('no connection is requested without a socket, or if there is one already', async () => {
  const made = linked();
  made.link.failed();
  made.signalling.connected = false;
  await wait(10_000);
  assert.equal(made.seen.needed, 0);
  made.signalling.connected = true;
  made.link.failed();
  await connect(made);
  await wait(10_000);
  assert.equal(made.seen.needed, 0);
});

test('failures in a row request one connection', async () => {
  const made = linked();
  made.link.failed();
  made.link.failed();
  await wait(10_000);
  assert.equal(made.seen.needed, 1);
});

test('the previous connection is closed when another one begins', async () => {
  const made = linked();
  await connect(made);
  await connect(made, 'e2');
  assert.deepEqual(FakePeerConnection.all.map(({ closed }) => closed), [true, false]);
  assert.deepEqual([made.link.isIn('e1'), made.link.isIn('e2')], [false, true]);
});

test('a change of the right to send reconnects, and losing it stops devices', async () => {
  const made = linked();
  await connect(made);
  made.link.allow(true);
  assert.equal(FakePeerConnection.all.length, 1, 'nothing has changed');
  made.link.allow(false);
  await settled();
  assert.deepEqual([made.local.stops, FakePeerConnection.all.length], [1, 2]);
  assert.deepEqual(made.of('offer').at(-1).tracks, {});
  assert.ok(made.link.isIn('e1'));
  made.link.allow(true);
  await settled();
  assert.deepEqual(Object.values(made.of('offer').at(-1).tracks), [
    'microphone', 'camera', 'screen', 'screen-audio',
  ]);
});

test('a right that changes while there is no connection makes none', () => {
  const made = linked();
  made.link.allow(false);
  assert.equal(FakePeerConnection.all.length, 0);
});

test('unanswered offers end the socket only while it seems to be open', async () => {
  for (const connected of [true, false]) {
    const made = linked();
    await connect(made);
    peer().become('connected');
    made.signalling.connected = connected;
    const crowd = Array.from({ length: 6 }, (_, i) => ({ key: `k${i}`, audio: '', video: '' }));
    made.link.subscriptions.want(crowd);
    for (const pause of [100, 5000, 10_000, 20_000]) await wait(pause);
    assert.equal(made.seen.reopened, connected ? 1 : 0);
  }
});

test('after the end nothing is sent, and a device that starts late is stopped', async () => {
  const made = linked();
  await connect(made);
  made.link.close();
  assert.deepEqual([peer().closed, made.local.stops], [true, 1]);
  const before = made.of('mute').length;
  made.local.put('microphone', { enabled: true });
  await settled();
  assert.equal(made.local.track('microphone'), null);
  assert.equal(made.of('mute').length, before);
  await wait(60_000);
  assert.equal(made.seen.needed, 0);
});

test('a codec that was too expensive stays given up in the next connection', async () => {
  const made = linked();
  await connect(made);
  const given = made.link._connection._senders.get('camera')._givenUp;
  await connect(made);
  assert.equal(made.link._connection._senders.get('camera')._givenUp, given);
});
