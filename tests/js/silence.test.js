import assert from 'node:assert/strict';
import { test } from 'node:test';

import { inflow, Silence } from '../../static/rooms/media/silence.js';

test('a page that receives notices the end of media soon', () => {
  const silence = new Silence(0);
  assert.ok(!silence.note({ bytes: 100, answers: 1 }, true, 0));
  assert.ok(!silence.note({ bytes: 200, answers: 1 }, true, 1000));
  assert.ok(!silence.note({ bytes: 200, answers: 2 }, true, 2500));
  assert.ok(silence.note({ bytes: 200, answers: 2 }, true, 2600));
  assert.ok(!silence.note({ bytes: 300, answers: 2 }, true, 3000), 'it was only late');
});

test('a page that receives nothing goes by the answers to its consent checks', () => {
  const silence = new Silence(0);
  assert.ok(!silence.note({ bytes: 0, answers: 1 }, false, 1000));
  assert.ok(!silence.note({ bytes: 0, answers: 2 }, false, 6000));
  assert.ok(!silence.note({ bytes: 0, answers: 2 }, false, 12_000));
  assert.ok(silence.note({ bytes: 0, answers: 2 }, false, 13_500));
});

test('the inflow is that of all candidate pairs, and of nothing else', () => {
  const report = [
    { type: 'candidate-pair', bytesReceived: 5, responsesReceived: 1 },
    { type: 'candidate-pair', bytesReceived: 7 },
    { type: 'transport', bytesReceived: 100 },
  ];
  assert.deepEqual(inflow(report), { bytes: 12, answers: 1 });
});
