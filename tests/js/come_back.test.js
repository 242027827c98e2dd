import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { bringBack, comeBack } from '../../static/rooms/ui/entry/come_back.js';

beforeEach(() => {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
  globalThis.location = { pathname: '/r/room/', reload() {} };
});

/** A lobby, and devices that each open when the test says so. */
function page() {
  const lobby = {
    done: false,
    names: [],
    enterAs(name) {
      if (!this.done) this.names.push(name);
    },
  };
  const asked = [];
  const ask = (source) => new Promise((come, fail) => asked.push({ source, come, fail }));
  const local = { setMicrophone: () => ask('microphone'), setCamera: () => ask('camera') };
  return { lobby, local, asked, sources: () => asked.map(({ source }) => source) };
}

const BEFORE = { name: 'Ann', microphone: true, camera: true };

test('devices are opened one after the other, and then the call is joined', async () => {
  const { lobby, local, asked, sources } = page();
  comeBack(BEFORE);
  const back = bringBack(lobby, local);
  assert.deepEqual(sources(), ['microphone']);
  asked[0].fail(new Error('refused'));
  await new Promise(setImmediate);
  assert.deepEqual([sources(), lobby.names], [['microphone', 'camera'], []]);
  asked[1].come();
  await back;
  assert.deepEqual(lobby.names, ['Ann']);
});

test('a person who joins another way meanwhile is asked nothing more', async () => {
  const { lobby, local, asked, sources } = page();
  comeBack(BEFORE);
  const back = bringBack(lobby, local);
  lobby.done = true;
  asked[0].come();
  await back;
  assert.deepEqual([sources(), lobby.names], [['microphone'], []]);
});
