import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { choices } from '../../static/rooms/common/choices.js';
import { AudioOutput } from '../../static/rooms/media/output.js';

class Element {
  constructor(works = true) {
    this.sinkId = '';
    this.works = works;
    this.calls = 0;
  }

  async setSinkId(device) {
    this.calls += 1;
    await Promise.resolve();
    if (!this.works) throw new DOMException('no such device', 'NotFoundError');
    this.sinkId = device;
  }
}

const device = (deviceId) => ({ deviceId, label: deviceId, kind: 'audiooutput' });

beforeEach(() => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  };
});
afterEach(() => delete globalThis.localStorage);

function computer(...ids) {
  const state = { devices: ids.map(device), elements: [new Element(), new Element()] };
  state.output = new AudioOutput(() => state.elements, async () => state.devices);
  return state;
}

const sinks = ({ elements }) => elements.map(({ sinkId }) => sinkId);

test('a chosen device is used by every element, and by new ones', async () => {
  const state = computer('default', 'headset');
  await state.output.refresh();
  await state.output.choose('headset');
  state.elements.push(new Element());
  await state.output.look();
  assert.deepEqual(sinks(state), ['headset', 'headset', 'headset']);
  assert.equal(choices().output, 'headset');
  assert.deepEqual(state.elements.map(({ calls }) => calls), [1, 1, 1]);
});

test('a device that is unplugged gives way to the default until it is back', async () => {
  const state = computer('default', 'headset');
  await state.output.refresh();
  await state.output.choose('headset');
  state.devices = [device('default')];
  await state.output.refresh();
  assert.deepEqual([...sinks(state), state.output.inUse], ['', '', '']);
  state.devices = [device('default'), device('headset')];
  await state.output.refresh();
  assert.deepEqual(sinks(state), ['headset', 'headset']);
});

test('the remembered device is used from the start', async () => {
  await computer('headset').output.choose('headset');
  const later = computer('default', 'headset');
  await later.output.refresh();
  assert.deepEqual(sinks(later), ['headset', 'headset']);
});

test('a device that does not work is not tried again until the devices change', async () => {
  const state = computer('headset');
  state.elements = [new Element(false)];
  await state.output.refresh();
  await state.output.choose('headset');
  await state.output.look();
  await state.output.look();
  assert.deepEqual([state.elements[0].calls, state.output.inUse], [1, '']);
  state.elements[0].works = true;
  await state.output.refresh();
  assert.deepEqual(sinks(state), ['headset']);
});

test('looking twice at once moves an element once', async () => {
  const state = computer('headset');
  await state.output.refresh();
  await Promise.all([state.output.choose('headset'), state.output.look()]);
  assert.deepEqual(state.elements.map(({ calls }) => calls), [1, 1]);
});
