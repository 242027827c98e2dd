import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { abilities } from '../../static/rooms/media/encoder_abilities.js';
import { settled } from './fakes.js';

test('a browser that never says what its encoders can do delays nothing for long', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const mediaCapabilities = { encodingInfo: () => new Promise(() => {}) };
  Object.defineProperty(globalThis, 'navigator', {
    value: { mediaCapabilities },
    configurable: true,
  });
  const video = { width: 1280, height: 720, framerate: 30, bitrate: 1e6 };
  const asked = abilities([{ mimeType: 'video/VP8' }], video);
  await settled();
  mock.timers.tick(2000);
  assert.equal((await asked).size, 0);
});
