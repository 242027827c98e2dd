import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newNonce } from '../../static/rooms/chat_client.js';

test('a nonce needs no https', (t) => {
  t.mock.method(crypto, 'randomUUID', () => assert.fail('only in secure contexts'));
  assert.match(newNonce(), /^[0-9a-f]{32}$/);
  assert.notEqual(newNonce(), newNonce());
});
