import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { length, line, passage } from '../../static/rooms/common/plain_text.js';

const cases = JSON.parse(readFileSync(new URL('../data/plain_text.json', import.meta.url), 'utf8'));

for (const [what, text, clean] of cases.passages) {
  test(`a passage: ${what}`, () => assert.equal(passage(text), clean));
}
for (const [what, text, clean] of cases.lines) {
  test(`a line: ${what}`, () => assert.equal(line(text), clean));
}

test('characters are counted as the server counts them', () => {
  assert.deepEqual(['abc', '👋👋', '👨‍👩‍👧', 'é'].map(length), [3, 2, 5, 1]);
});
