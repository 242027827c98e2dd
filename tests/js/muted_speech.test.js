import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpeechDetector } from '../../static/rooms/media/muted_speech.js';

const hints = (levels) => {
  const detector = new SpeechDetector();
  const at = levels.map((level, index) => (detector.add(level, index * 100) ? index : -1));
  return at.filter((index) => index >= 0);
};

test('a quiet room and a single knock give no hint', () => {
  assert.deepEqual(hints(Array(100).fill(0.2)), []);
  assert.deepEqual(hints([0.2, 0.9, 0.9, ...Array(50).fill(0.1), 0.9]), []);
});

test('speech gives a hint at once, and then at most every ten seconds', () => {
  assert.deepEqual(hints(Array(250).fill(0.7)), [2, 102, 202]);
});

test('speech with gaps is speech', () => {
  assert.deepEqual(hints([0.7, 0.1, 0.1, 0.7, 0.1, 0.1, 0.7, 0.1]), [6]);
});
