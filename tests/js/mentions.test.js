import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completions, isMentioned, mentions } from '../../static/rooms/room/chat/mentions.js';

const NAMES = ['Ann', 'Ann Lee', 'Zoë', '李雷', 'C++ (x)'];
const named = (text) => mentions(text, NAMES).flatMap(({ name }) => name ?? []);

test('the longest name that is there is meant', () => {
  assert.deepEqual(named('@Ann and @ann lee, @ZOË!'), ['Ann', 'Ann Lee', 'Zoë']);
  assert.deepEqual(named('@Ann\u00a0Lee'), ['Ann']);
  assert.deepEqual(named('@李雷 (@C++ (x))'), ['李雷', 'C++ (x)']);
});

test('an address, the beginning of another name, or a name without @ mentions nobody', () => {
  for (const text of ['me@Ann', '@Annabel', '@Anna', 'Ann', '@', '@ Ann', '']) {
    assert.deepEqual(named(text), [], text);
  }
  assert.ok(!isMentioned('@Ann', ''));
});

test('the parts together are the text', () => {
  for (const text of ['@Ann', 'x @Ann y @Zoë', '👋🏽 @Ann👨‍👩‍👧', '@@Ann@Ann']) {
    assert.equal(mentions(text, NAMES).map((part) => part.text).join(''), text);
  }
});

test('a name is completed from the beginning of any of its words', () => {
  assert.deepEqual(completions('hi @', NAMES), { start: 3, names: NAMES });
  assert.deepEqual(completions('hi @an', NAMES).names, ['Ann', 'Ann Lee']);
  assert.deepEqual(completions('@Ann', NAMES).names, ['Ann Lee']);
  assert.deepEqual(completions('@lee', NAMES).names, ['Ann Lee']);
  assert.deepEqual(completions('@ann l', NAMES).names, ['Ann Lee']);
  for (const text of ['ann', 'me@an', '@xyz', '@an\n', 'x'.repeat(70)]) {
    assert.deepEqual(completions(text, NAMES).names, [], text);
  }
});
