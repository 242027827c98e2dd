import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_LOG, forget, receive, refuse, sending } from '../../static/rooms/room/chat/chat.js';

const line = (number, nonce = `n${number}`) => ({
  number,
  nonce,
  participant: 'p',
  name: 'Ann',
  text: `line ${number}`,
  sent: '2026-01-01T00:00:00Z',
});
const numbers = (lines) => lines.map(({ number }) => number);

test('lines come out once and in order, in whatever order they arrive', () => {
  // Every order of four lines, each sent twice.
  const orders = [[1, 2, 3, 4], [4, 3, 2, 1], [2, 1, 4, 3], [3, 1, 4, 2], [1, 3, 2, 4]];
  for (const order of orders) {
    let log = EMPTY_LOG;
    const seen = [];
    for (const number of order.flatMap((n) => [n, n])) {
      const step = receive(log, [line(number)]);
      log = step.log;
      seen.push(...numbers(step.added));
    }
    assert.deepEqual(seen, [1, 2, 3, 4]);
    assert.deepEqual(numbers(log.lines), [1, 2, 3, 4]);
  }
});

test('a gap is reported until it is filled, and early lines are kept', () => {
  const first = receive(receive(EMPTY_LOG, [line(1)]).log, [line(4)]);
  assert.deepEqual([numbers(first.added), first.gap, first.log.last], [[], true, 1]);
  const second = receive(first.log, [line(2), line(3)]);
  assert.deepEqual([numbers(second.added), second.gap, second.log.last], [[2, 3, 4], false, 4]);
});

test('an own line is pending until it comes back with its nonce', () => {
  const log = sending(sending(EMPTY_LOG, 'x', 'hello'), 'y', 'again');
  const after = receive(log, [line(1, 'x')]).log;
  assert.deepEqual([...after.pending], [['y', { text: 'again', reply: null }]]);
});

test('an own line is acknowledged even while a line before it is missing', () => {
  const step = receive(sending(EMPTY_LOG, 'x', 'hello'), [line(2, 'x')]);
  assert.deepEqual([step.log.pending.size, step.gap, step.added.length], [0, true, 0]);
});

test('a refused line waits for its author and is no longer pending', () => {
  const log = refuse(sending(EMPTY_LOG, 'x', 'hello'), 'x', 'too long');
  assert.deepEqual(
    [log.pending.size, [...log.refused]],
    [0, [['x', { text: 'hello', reply: null, why: 'too long' }]]],
  );
  assert.equal(refuse(log, 'x', 'again'), log);
  assert.equal(forget(log, 'x').refused.size, 0);
  assert.equal(refuse(EMPTY_LOG, 'strange', 'why').refused.size, 0);
});

test('a newcomer who begins later does not get older lines', () => {
  const step = receive({ ...EMPTY_LOG, last: 10 }, [line(9), line(11)]);
  assert.deepEqual(numbers(step.added), [11]);
});

test('lines that were deleted are not waited for once the server has said what there is', () => {
  const newLine = receive(EMPTY_LOG, [line(8)]);
  assert.equal(newLine.gap, true);
  const all = receive(newLine.log, [line(5), line(8)], 0);
  assert.deepEqual([numbers(all.added), all.gap, all.log.last], [[5, 8], false, 8]);
  const page = receive({ ...EMPTY_LOG, last: 3 }, [line(7)], 5);
  assert.deepEqual([numbers(page.added), page.gap], [[], true]);
});
