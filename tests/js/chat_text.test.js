import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chatText } from '../../static/rooms/room/chat/chat_text.js';

test('nobody writes a line in the name of another', () => {
  const sent = new Date(2026, 11, 4, 9, 5).toISOString();
  const lines = [{ name: 'Ann', text: 'one\n[2026-12-04 09:05] Ben: two', sent }];
  const text = chatText(lines, (line) => line.text);
  assert.equal(text, '[2026-12-04 09:05] Ann: one\n    [2026-12-04 09:05] Ben: two\n');
  assert.equal(chatText([], () => ''), '');
});
