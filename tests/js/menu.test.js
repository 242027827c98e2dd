import assert from 'node:assert/strict';
import { test } from 'node:test';

import { move } from '../../static/rooms/ui/people/menu.js';

const WORDS = ['Mute', 'Stop camera', 'Make listener', 'Remove'];

test('arrow keys go round, Home and End to the ends', () => {
  const to = (key, at) => move(key, at, WORDS);
  assert.deepEqual([to('ArrowDown', 0), to('ArrowDown', 3)], [1, 0]);
  assert.deepEqual([to('ArrowUp', 0), to('ArrowUp', 2), to('ArrowUp', -1)], [3, 1, 3]);
  assert.deepEqual([to('Home', 2), to('End', 1)], [0, 3]);
});

test('a letter goes to the next item that begins with it', () => {
  assert.equal(move('m', 0, WORDS), 2);
  assert.equal(move('M', 2, WORDS), 0);
  assert.equal(move('r', 0, WORDS), 3);
  for (const key of ['x', ' ', 'Enter', 'Shift']) assert.equal(move(key, 1, WORDS), null);
});
