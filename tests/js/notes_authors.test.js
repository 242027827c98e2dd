import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';

import { authorAt, byAuthor, passages } from '../../static/rooms/room/notes_authors.js';

/** @param {number} client */
function page(client) {
  const doc = new Y.Doc();
  doc.clientID = client;
  return { doc, text: doc.getText('notes') };
}

test('each passage is its writer\'s, whatever was deleted and formatted between', () => {
  const [ann, ben] = [page(1), page(2)];
  ann.text.insert(0, 'Plan: bring bread');
  Y.applyUpdate(ben.doc, Y.encodeStateAsUpdate(ann.doc));
  ben.text.insert(6, 'all ');
  ben.text.delete(10, 6);
  ben.text.format(0, 4, { bold: true });
  assert.equal(ben.text.toString(), 'Plan: all bread');
  const written = passages(/** @type {any} */ (ben.text));
  assert.deepEqual(written, [
    { index: 0, length: 6, client: 1 },
    { index: 6, length: 4, client: 2 },
    { index: 10, length: 5, client: 1 },
  ]);
});

test('someone with two tabs is one author, and unknown clients share a name', () => {
  const written = [
    { index: 0, length: 2, client: 1 },
    { index: 2, length: 3, client: 9 },
    { index: 5, length: 1, client: 2 },
  ];
  const authors = byAuthor(written, new Map([[1, 'Ann'], [2, 'Ann']]), 'Someone');
  assert.deepEqual(authors.map(({ name, style, length }) => [name, style, length]), [
    ['Ann', 0, 3],
    ['Someone', 1, 3],
  ]);
  assert.equal(authorAt(authors, 2)?.name, 'Ann');
  assert.equal(authorAt(authors, 3)?.name, 'Someone');
  assert.equal(authorAt(authors, 6)?.name, 'Ann');
  assert.equal(authorAt(authors, 0), null);
});
