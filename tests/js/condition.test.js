import assert from 'node:assert/strict';
import { test } from 'node:test';

import { condition } from '../../static/rooms/room/condition.js';

const WELL = {
  entered: true, socket: true, refusal: '', waiting: '', moving: false, alive: true,
  failures: 0, reached: true,
};
const after = (facts) => condition({ ...WELL, ...facts });

test('a call that works needs no words', () => {
  assert.equal(after({}), '');
  assert.equal(after({ alive: false, reached: false }), '', 'it is still connecting');
  assert.equal(after({ failures: 3 }), '', 'a new attempt fails, but media flows');
});

test('without a server the words depend on whether media flows', () => {
  assert.equal(after({ socket: false }), 'socket');
  assert.equal(after({ socket: false, alive: false }), 'lost');
  assert.equal(after({ socket: false, moving: true }), 'socket', 'the server comes first');
  assert.equal(after({ socket: false, refusal: 'busy' }), 'socket');
  assert.equal(after({ socket: false, refusal: 'busy', alive: false }), 'busy');
});

test('a page that was never in the call says why it is not let in', () => {
  const outside = { entered: false, alive: false, reached: false };
  for (const refusal of ['crowded', 'busy', 'unavailable']) {
    assert.equal(after({ ...outside, socket: false, refusal }), refusal);
  }
  assert.equal(after({ ...outside, socket: false }), 'unavailable');
  assert.equal(after({ ...outside, moving: true }), 'unavailable');
  assert.equal(after(outside), '', 'the first room_state is on its way');
});

test('a move has its own words, unless media is interrupted meanwhile', () => {
  assert.equal(after({ moving: true }), 'moving');
  assert.equal(after({ moving: true, alive: false }), 'media');
  assert.equal(after({ moving: true, alive: false, failures: 2 }), 'media');
});

test('media that fails has been there before, or is blocked', () => {
  assert.equal(after({ alive: false, failures: 1 }), 'media');
  assert.equal(after({ alive: false, failures: 1, reached: false }), 'media');
  assert.equal(after({ alive: false, failures: 2, reached: false }), 'blocked');
  assert.equal(after({ alive: false, failures: 2 }), 'media');
});
