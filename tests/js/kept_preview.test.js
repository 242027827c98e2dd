import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { keepPreview, mayPreview } from '../../static/rooms/ui/entry/kept_preview.js';

let states;

beforeEach(() => {
  const kept = new Map();
  globalThis.localStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
  };
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  states = { camera: 'granted', microphone: 'granted' };
  const permissions = { query: async ({ name }) => ({ state: states[name] }) };
  Object.defineProperty(globalThis, 'navigator', { value: { permissions }, configurable: true });
});

test('nobody gets a preview that they did not have before', async () => {
  assert.equal(await mayPreview(), false);
  keepPreview(true);
  assert.equal(await mayPreview(), true);
  keepPreview(false);
  assert.equal(await mayPreview(), false);
});

test('a browser that might ask gets a click first', async () => {
  keepPreview(true);
  for (const state of ['prompt', 'denied']) {
    states.microphone = state;
    assert.equal(await mayPreview(), false);
  }
  navigator.permissions.query = async () => {
    throw new TypeError('unknown name');
  };
  assert.equal(await mayPreview(), false);
});

test('a tab in the background waits until somebody looks', async () => {
  keepPreview(true);
  document.visibilityState = 'hidden';
  let began = false;
  const coming = mayPreview().then((may) => (began = may));
  await new Promise(setImmediate);
  assert.equal(began, false);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  await coming;
  assert.equal(began, true);
});
