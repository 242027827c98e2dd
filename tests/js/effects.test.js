import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Effects } from '../../static/rooms/media/effects/effects.js';
import { LocalMedia } from '../../static/rooms/media/local_media.js';

/** An effect that is ready when the test says so. */
class FakeEffect {
  constructor(raw, files, ...rest) {
    Object.assign(this, { raw, output: null, closed: false, told: rest.at(-1), shown: rest[0] });
    made.push(this);
  }

  ready() {
    this.output = { enabled: true, contentHint: '' };
    this.told.ready();
  }

  show(picture) {
    this.shown = picture;
  }

  close() {
    this.closed = true;
  }
}

class Background extends FakeEffect {}
class Noise extends FakeEffect {}

let made;
let local;
let effects;
let gaveUp;
let sent;

const track = () => ({ enabled: true, contentHint: '', stop() {} });

beforeEach(() => {
  made = [];
  gaveUp = [];
  sent = [];
  local = new LocalMedia();
  effects = new Effects(local, { room: '/room.webp' }, {
    background: Background, noise: Noise, picture: async (from) => `bitmap of ${from}`,
  });
  effects.on('gaveUp', (what) => gaveUp.push(what));
  local.on('changed', (source) => sent.push(local.sent(source)));
});

test('a camera that others see already is sent until the effect is ready', async () => {
  const camera = track();
  local.put('camera', camera);
  await effects.setBackground('blur');
  assert.equal(local.sent('camera'), camera);
  made[0].ready();
  assert.equal(local.sent('camera'), made[0].output);
  assert.equal(local.track('camera'), camera, 'the device stays known');
});

test('a camera that is turned on later is never shown without the effect', async () => {
  await effects.setBackground('blur');
  const camera = track();
  local.put('camera', camera);
  assert.equal(local.sent('camera'), null);
  made[0].ready();
  assert.equal(local.sent('camera'), made[0].output);
  local.put('camera', null);
  assert.ok(made[0].closed);
  local.put('camera', track());
  made[1].ready();
  assert.ok(!sent.includes(camera));
});

test('another camera gets an effect of its own', async () => {
  local.put('camera', track());
  await effects.setBackground('blur');
  made[0].ready();
  local.put('camera', track());
  assert.ok(made[0].closed);
  assert.equal(local.sent('camera'), null);
  made[0].told.slow();
  assert.deepEqual(gaveUp, [], 'the old one has nothing to say any more');
});

test('another background is shown by the same effect, and none ends it', async () => {
  const camera = track();
  local.put('camera', camera);
  await effects.setBackground('blur');
  await effects.setBackground('room');
  assert.equal(made.length, 1);
  assert.equal(made[0].shown, 'bitmap of /room.webp');
  assert.equal(effects.background, 'room');
  await effects.setBackground('');
  assert.ok(made[0].closed);
  assert.equal(local.sent('camera'), camera);
  assert.equal(effects.background, '');
});

test('an effect that is too slow is taken off, and can be chosen again', async () => {
  const camera = track();
  local.put('camera', camera);
  await effects.setBackground('blur');
  made[0].ready();
  made[0].told.slow();
  assert.deepEqual(gaveUp, [{ source: 'camera', why: 'slow' }]);
  assert.equal(local.sent('camera'), camera);
  assert.equal(effects.background, '');
  await effects.setBackground('blur');
  assert.equal(made.length, 2);
});

test('an encoder at its limit takes the effect off first', async () => {
  assert.equal(local.relieve(), false);
  local.put('camera', track());
  await effects.setBackground('blur');
  assert.equal(local.relieve(), true);
  assert.equal(local.relieve(), false);
});

test('a picture that does not load leaves the camera as it is', async () => {
  const camera = track();
  local.put('camera', camera);
  await effects.setBackground('own'); // nothing is kept here
  assert.deepEqual(gaveUp, [{ source: 'camera', why: 'failed' }]);
  assert.equal(local.sent('camera'), camera);
});

test('sound goes on as it is until less noise is ready, and stays muted', () => {
  const microphone = track();
  local.put('microphone', microphone);
  effects.setQuiet(true);
  assert.equal(local.sent('microphone'), microphone);
  local.setMicrophone(false);
  made[0].ready();
  assert.equal(local.sent('microphone').enabled, false);
  local.setMicrophone(true);
  assert.equal(local.sent('microphone').enabled, true);
  made[0].output = null; // the browser has stopped the sound
  made[0].told.ready();
  assert.equal(local.sent('microphone'), microphone);
  effects.setQuiet(false);
  assert.ok(made[0].closed);
});
