import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Embedder } from '../../static/rooms/room/embedder.js';
import { hostile, random } from './hostile.js';

const BLOG = 'https://blog.example';
const OWN = 'https://call.example';
const HELLO = { confcall: 1, type: 'hello' };

function embedder(rules = {}) {
  const told = [];
  const post = (message, origin) => told.push([message, origin]);
  const page = new Embedder({ origins: [BLOG], names: false, ...rules }, OWN, post);
  return { page, told, types: () => told.map(([message]) => message.type) };
}

test('nothing is told before a listed page says hello', () => {
  const { page, told } = embedder();
  page.joined();
  page.people(['Ann']);
  for (const origin of ['https://other.example', 'null', '', `${BLOG}.other.example`]) {
    assert.equal(page.receive(HELLO, origin), null);
  }
  assert.deepEqual(told, []);
});

test('a page that says hello late, or again, learns everything that is so now', () => {
  const { page, told, types } = embedder();
  page.size(300);
  page.joined();
  page.people(['Ann', 'Ben']);
  page.muted(true, false);
  page.hand(true);
  for (const _ of [1, 2]) {
    told.length = 0;
    page.receive(HELLO, BLOG);
    assert.deepEqual(types(), ['ready', 'joined', 'people', 'muted', 'hand', 'size']);
  }
  assert.deepEqual(told[2], [{ confcall: 1, type: 'people', count: 2 }, BLOG]);
});

test('names are told only if the room says so', () => {
  const { page, told } = embedder({ names: true });
  page.receive(HELLO, BLOG);
  page.people(['Ann', 'Ben']);
  assert.deepEqual(told.at(-1)[0].names, ['Ann', 'Ben']);
});

test('what has not changed is not told again', () => {
  const { page, types } = embedder();
  page.receive(HELLO, BLOG);
  for (const _ of [1, 2]) {
    page.joined();
    page.people(['Ann']);
    page.muted(false, false);
    page.size(400);
  }
  page.left();
  page.left();
  assert.deepEqual(types(), ['ready', 'joined', 'people', 'muted', 'size', 'left']);
});

test('commands come from the page that said hello, and none turns a microphone on', () => {
  const { page } = embedder();
  const say = (message, origin = BLOG) => page.receive({ confcall: 1, ...message }, origin);
  assert.equal(say({ type: 'leave' }), null, 'it has not said hello');
  page.receive(HELLO, BLOG);
  assert.deepEqual(say({ type: 'leave' }), { type: 'leave' });
  assert.deepEqual(say({ type: 'focus' }), { type: 'focus' });
  assert.deepEqual(say({ type: 'mute', muted: true }), { type: 'mute' });
  assert.equal(say({ type: 'mute', muted: false }), null);
  assert.equal(say({ type: 'leave' }, OWN), null, 'another page than the one that said hello');
  assert.equal(say({ type: 'leave', confcall: 2 }), null);
});

test('a message that no page of ours sends does nothing', () => {
  for (let seed = 1; seed <= 5; seed += 1) {
    const { page, told } = embedder();
    const next = random(seed);
    for (let count = 0; count < 1000; count += 1) {
      const message = hostile(next);
      const command = page.receive(message, BLOG);
      if (command) assert.equal(message.confcall, 1);
      if (command) assert.ok(['mute', 'leave', 'focus'].includes(command.type));
      assert.equal(page.receive(message, 'https://other.example'), null);
    }
    assert.ok(told.every(([message, origin]) => message.type === 'ready' && origin === BLOG));
  }
});
