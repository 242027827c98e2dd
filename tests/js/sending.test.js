import assert from 'node:assert/strict';
import { test } from 'node:test';

import { forVoice } from '../../static/rooms/media/sending.js';

const CHROMIUM = [
  'audio/opus', 'audio/red', 'audio/G722', 'audio/PCMU', 'audio/CN', 'audio/telephone-event',
];
const names = (/** @type {string[]} */ mimeTypes) =>
  forVoice(mimeTypes.map((mimeType) => ({ mimeType }))).map((codec) => codec.mimeType);

test('a voice is sent with redundancy if the browser has it', () => {
  assert.deepEqual(names(CHROMIUM), ['audio/red', 'audio/opus']);
});

test('a browser without RED sends Opus', () => {
  assert.deepEqual(names(['audio/opus', 'audio/G722', 'audio/PCMU']), ['audio/opus']);
});
