import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delay } from '../../static/rooms/common/backoff.js';

test('the wait begins with at most half a second, doubles, and never exceeds ten seconds', () => {
  assert.deepEqual(
    [0, 1, 2, 5, 60].map((attempt) => delay(attempt, 1)),
    [500, 1000, 2000, 10_000, 10_000],
  );
});

test('the wait is random within its second half', () => {
  assert.equal(delay(2, 0), 1000);
  assert.equal(delay(2, 0.5), 1500);
});
