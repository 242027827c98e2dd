import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Ledger, plan, SENDS_ON_FOR, TAKE_OVER_WITHIN,
} from '../../static/rooms/room/reconcile.js';

const wanted = new Map([['camera', true]]);
const say = (answer) => () => answer;

/** A ledger in which everything that is due is told at once; returns when that was. */
function times(ledger, confirmed, until) {
  const at = [];
  for (let now = 0; now <= until; now += 100) {
    for (const key of ledger.due(wanted, confirmed, now)) {
      ledger.tell(key, wanted.get(key), now);
      at.push(now);
    }
  }
  return at;
}

test('what is not confirmed is told again, less and less often, and for ever', () => {
  const ledger = new Ledger({ within: 1000, longest: 4000 });
  assert.deepEqual(times(ledger, say(false), 20_000), [
    0, 1000, 3000, 7000, 11_000, 15_000, 19_000,
  ]);
});

test('what is confirmed is not told again, and what nothing confirms is told once', () => {
  for (const answer of [true, null]) {
    const ledger = new Ledger({ within: 1000, longest: 4000 });
    ledger.tell('camera', true, 0);
    assert.deepEqual(times(ledger, say(answer), 20_000), []);
  }
  assert.deepEqual(times(new Ledger({ within: 1000, longest: 4000 }), say(null), 20_000), [0]);
  assert.deepEqual(times(new Ledger({ within: 1000, longest: 4000 }), say(true), 20_000), []);
});

test('another value is told at once, even if the other side seems to have it', () => {
  const ledger = new Ledger({ within: 1000, longest: 4000 });
  ledger.tell('camera', false, 0);
  assert.deepEqual(ledger.due(wanted, say(true), 1), ['camera']);
});

test('a confirmation that is taken back is told at once, with short pauses again', () => {
  const ledger = new Ledger({ within: 1000, longest: 8000 });
  times(ledger, say(false), 7000);
  ledger.due(wanted, say(true), 8000);
  assert.deepEqual(ledger.due(wanted, say(false), 9000), ['camera']);
  ledger.tell('camera', true, 9000);
  assert.deepEqual(ledger.due(wanted, say(false), 11_000), ['camera']);
});

test('after doubt everything is told once more, confirmed or not', () => {
  const ledger = new Ledger({ within: 1000, longest: 4000 });
  ledger.tell('camera', true, 0);
  ledger.doubt();
  assert.deepEqual(times(ledger, say(true), 20_000), [0]);
});

const line = (epoch, more = {}) => ({
  epoch, fit: true, connected: false, since: Infinity, covers: false, ...more,
});
const on = { connected: true, since: 0 };

test('the first connection is opened when the room is known', () => {
  assert.deepEqual(plan([], '', 0), { close: [], open: false });
  assert.deepEqual(plan([], 'e1', 0), { close: [], open: true });
});

test('a connection to another epoch is opened beside the old one, which stays', () => {
  assert.deepEqual(plan([line('e1', on)], 'e2', 0), { close: [], open: true });
  const both = [line('e1', on), line('e2')];
  assert.deepEqual(plan(both, 'e2', 60_000), { close: [], open: false });
});

test('the old one goes when the new one covers it, and soon after it is connected', () => {
  const [old, next] = [line('e1', on), line('e2', { ...on, since: 1000 })];
  assert.deepEqual(plan([old, next], 'e2', 1001).close, []);
  const all = { ...next, covers: true };
  assert.deepEqual(plan([old, all], 'e2', 1000 + SENDS_ON_FOR - 1).close, [], 'others may be late');
  assert.deepEqual(plan([old, all], 'e2', 1000 + SENDS_ON_FOR).close, [old]);
  assert.deepEqual(plan([old, next], 'e2', 1000 + TAKE_OVER_WITHIN).close, [old]);
  assert.deepEqual(plan([old, next], '', 1000 + TAKE_OVER_WITHIN).close, [old]);
});

test('after a false alarm the old one is kept, and the new one goes', () => {
  const [old, next] = [line('e1', on), line('e2', on)];
  assert.deepEqual(plan([old, next], 'e1', 0), { close: [next], open: false });
});

test('the next move keeps the connection that works', () => {
  const [old, next] = [line('e1', on), line('e2')];
  assert.deepEqual(plan([old, next], 'e3', 0), { close: [next], open: true });
  const there = { ...next, ...on };
  assert.deepEqual(plan([old, there], 'e3', 0), { close: [old], open: true });
});

test('one that the worker does not know, or that is silent, is replaced in its own epoch', () => {
  const bad = line('e1', { ...on, fit: false });
  assert.deepEqual(plan([bad], 'e1', 0), { close: [], open: true });
  assert.deepEqual(plan([bad, line('e1')], 'e1', 0), { close: [], open: false });
});

test('while the room is not known, nothing that works is closed', () => {
  assert.deepEqual(plan([line('e1', on)], '', 60_000), { close: [], open: false });
  assert.deepEqual(plan([line('e1', on), line('e2')], '', 60_000), { close: [], open: false });
});
