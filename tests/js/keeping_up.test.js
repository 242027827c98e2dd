import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KeepingUp } from '../../static/rooms/media/effects/keeping_up.js';

/** What each of `seconds` readings of one second leads to. */
function readings(seconds, frames, busy, rate) {
  const keepingUp = new KeepingUp();
  const reading = { frames, busy, milliseconds: 1000 };
  return Array.from({ length: seconds }, () => keepingUp.add(reading, rate));
}

test('a busy worker that loses frames for six seconds does not keep up', () => {
  assert.deepEqual(readings(6, 10, 980, 30), [false, false, false, false, false, true]);
});

test('a camera that delivers little, as in the dark, is not the fault of the effect', () => {
  assert.ok(!readings(20, 8, 400, 30).includes(true));
});

test('a camera that always delivers little needs no more than that', () => {
  assert.ok(!readings(20, 10, 990, 15).includes(true));
});

test('without a known rate, a usual one counts', () => {
  assert.ok(readings(6, 5, 990, undefined).at(-1));
  assert.ok(!readings(20, 24, 990, 60).includes(true));
});

test('a moment of slowness is forgotten', () => {
  const keepingUp = new KeepingUp();
  const slow = { frames: 5, busy: 990, milliseconds: 1000 };
  const well = { frames: 29, busy: 700, milliseconds: 1000 };
  for (let second = 0; second < 5; second += 1) assert.ok(!keepingUp.add(slow, 30));
  assert.ok(!keepingUp.add(well, 30));
  for (let second = 0; second < 5; second += 1) assert.ok(!keepingUp.add(slow, 30));
  assert.ok(keepingUp.add(slow, 30));
});
