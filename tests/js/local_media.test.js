import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { LocalMedia } from '../../static/rooms/media/local_media.js';
import { settled } from './fakes.js';

const DEVICES = {
  front: 'videoinput', back: 'videoinput', builtin: 'audioinput', headset: 'audioinput',
};

/** Devices that can be unplugged, be broken, or exclude a second one of their kind. */
class FakeDevices {
  constructor() {
    this.there = new Set(Object.keys(DEVICES));
    this.open = [];
    this.asked = [];
    this.broken = new Set();
    this.exclusive = false;
    this.permission = 'granted';
  }

  async getUserMedia({ audio, video }) {
    const kind = video ? 'videoinput' : 'audioinput';
    const id = (video ?? audio).deviceId?.exact ?? this.first(kind);
    this.asked.push(id);
    if (!id) throw new DOMException('nothing', 'NotFoundError');
    if (!this.there.has(id)) throw new DOMException('gone', 'OverconstrainedError');
    const busy = this.exclusive && this.open.some(
      (track) => track.kind === kind && track.readyState === 'live',
    );
    if (busy || this.broken.has(id)) throw new DOMException('busy', 'NotReadableError');
    if (this.ends) for (const track of this.open.filter((one) => one.kind === kind)) track.end();
    const track = new FakeTrack(kind, id);
    this.open.push(track);
    return { getTracks: () => [track] };
  }

  first(kind) {
    return [...this.there].find((id) => DEVICES[id] === kind);
  }

  async enumerateDevices() {
    return [...this.there].map((deviceId) => ({ deviceId, kind: DEVICES[deviceId] }));
  }

  addEventListener(name, listener) {
    this.changed = listener;
  }

  /** Unplug a device. */
  pull(id) {
    this.there.delete(id);
    for (const track of this.open.filter((one) => one.id === id)) track.end();
    this.changed();
  }

  plug(id) {
    this.there.add(id);
    this.changed();
  }
}

class FakeTrack {
  constructor(kind, id) {
    Object.assign(this, { kind, id, readyState: 'live', enabled: true });
  }

  end() {
    if (this.readyState === 'ended') return;
    this.readyState = 'ended';
    this.onended?.();
  }

  stop() {
    this.readyState = 'ended';
  }

  getSettings() {
    return { deviceId: this.id };
  }
}

let devices;
let phone;

beforeEach(() => {
  devices = new FakeDevices();
  phone = false;
  const navigator = {
    mediaDevices: devices,
    permissions: { query: async () => ({ state: devices.permission }) },
    get userAgentData() {
      return { mobile: phone };
    },
  };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value),
  };
});

async function filmed() {
  const local = new LocalMedia();
  await local.setCamera(true);
  await local.setMicrophone(true);
  devices.asked = [];
  return local;
}

const live = () => devices.open.filter((track) => track.readyState === 'live').map(({ id }) => id);
const chosen = () => JSON.parse(globalThis.localStorage.getItem('confcall') ?? '{}');

test('an effect stands in for what is sent, not for the device', () => {
  const local = new LocalMedia();
  const changed = [];
  local.on('changed', (source) => changed.push(source));
  const [camera, painted] = [new FakeTrack('videoinput', 'front'), new FakeTrack('video', '')];
  local.substitute('camera', null);
  assert.deepEqual(changed, [], 'nothing was sent and nothing is');
  local.put('camera', camera);
  assert.equal(local.sent('camera'), null);
  local.substitute('camera', painted);
  local.substitute('camera', painted);
  assert.deepEqual([local.sent('camera'), local.track('camera')], [painted, camera]);
  local.put('camera', null);
  assert.equal(local.sent('camera'), null);
  assert.equal(camera.readyState, 'ended', 'the light goes out');
  local.substitute('camera', undefined);
  assert.deepEqual(changed, ['camera', 'camera', 'camera']);
});

test('the new camera opens before the old one closes, if the browser allows both', async () => {
  const local = await filmed();
  await local.choose('camera', 'back');
  assert.equal(local.track('camera').id, 'back');
  assert.deepEqual(live(), ['builtin', 'back']);
  assert.equal(chosen().camera, 'back');
});

for (const [source, other] of [['camera', 'back'], ['microphone', 'headset']]) {
  test(`a browser that refuses a second ${source} closes the first`, async () => {
    const local = await filmed();
    devices.exclusive = true;
    local.track(source).enabled = false;
    await local.choose(source, other);
    assert.equal(local.track(source).id, other);
    assert.equal(local.track(source).enabled, false, 'what was muted stays so');
    assert.equal(live().length, 2);
  });
}

test('a phone closes the camera first', async () => {
  const local = await filmed();
  phone = true;
  devices.exclusive = true;
  await local.choose('camera', 'back');
  assert.deepEqual(devices.asked, ['back'], 'and asks once');
  assert.equal(local.track('camera').id, 'back');
});

test('if the other camera does not start, the old one continues, with a message', async () => {
  const local = await filmed();
  devices.exclusive = true;
  devices.broken.add('back');
  await assert.rejects(local.choose('camera', 'back'), { reason: 'kept', source: 'camera' });
  assert.equal(local.track('camera').id, 'front');
  assert.deepEqual(live(), ['builtin', 'front']);
  assert.notEqual(chosen().camera, 'back', 'it is not tried again next time');
});

test('if neither starts, nothing is sent, and the message says why', async () => {
  const local = await filmed();
  devices.exclusive = true;
  devices.broken.add('back').add('front');
  await assert.rejects(local.choose('camera', 'back'), { reason: 'in_use' });
  assert.equal(local.track('camera'), null);
});

test('a camera that is turned off while another one starts stays off', async () => {
  const local = await filmed();
  const change = local.choose('camera', 'back');
  await local.setCamera(false);
  await change;
  assert.equal(local.track('camera'), null);
  assert.deepEqual(live(), ['builtin']);
});

test('the last of two quick choices counts', async () => {
  const local = await filmed();
  await Promise.all([local.choose('camera', 'back'), local.choose('camera', 'front')]);
  assert.equal(local.track('camera').id, 'front');
  assert.deepEqual(live(), ['builtin', 'front']);
});

test('a camera that the browser ends for the second one is not lost', async () => {
  const local = await filmed();
  const ended = [];
  local.on('ended', (source) => ended.push(source));
  devices.ends = true;
  await local.choose('camera', 'back');
  assert.equal(local.track('camera').id, 'back');
  assert.deepEqual(ended, []);
});

test('a microphone that goes away is replaced, and comes back when it is there again', async () => {
  const local = await filmed();
  await local.choose('microphone', 'headset');
  local.setMicrophone(false);
  const switched = [];
  local.on('switched', (source) => switched.push(source));
  devices.pull('headset');
  await settled();
  assert.equal(local.track('microphone').id, 'builtin');
  assert.equal(local.isOn('microphone'), false);
  assert.deepEqual(switched, ['microphone']);
  devices.plug('headset');
  await settled();
  assert.equal(local.track('microphone').id, 'headset');
  assert.equal(local.isOn('microphone'), false);
});

test('a camera, or the only microphone, is gone for good', async () => {
  const local = await filmed();
  const ended = [];
  local.on('ended', (source) => ended.push(source));
  devices.there.delete('headset');
  devices.pull('builtin');
  devices.pull('front');
  await settled();
  assert.deepEqual(ended.sort(), ['camera', 'microphone']);
  assert.equal(local.track('camera'), null);
});

test('the sound of a share that ends is not reported as a device', async () => {
  const local = new LocalMedia();
  local.on('ended', () => assert.fail());
  const track = new FakeTrack('audioinput', 'tab');
  local.put('screen-audio', track);
  track.onended();
  assert.equal(local.track('screen-audio'), null);
});

test('a device that opens after everything was stopped is closed', async () => {
  const local = new LocalMedia();
  const coming = [local.setCamera(true), local.setMicrophone(true)];
  local.stop();
  await Promise.all(coming);
  assert.deepEqual([live(), local.track('camera'), local.track('microphone')], [[], null, null]);
});

test('a device that opened another way meanwhile stays as it is', async () => {
  const local = new LocalMedia();
  const coming = local.setMicrophone(true);
  const track = new FakeTrack('audioinput', 'headset');
  local.put('microphone', track);
  await local.setMicrophone(false);
  await coming;
  assert.equal(local.track('microphone'), track);
  assert.deepEqual([live(), track.enabled], [[], false]);
});
