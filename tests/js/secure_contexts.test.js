import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../static/rooms/', import.meta.url);

/** Features that browsers reserve for https and loopback, and modules that work without them. */
const GUARDED = {
  'navigator\\.clipboard': ['ui/clipboard.js'],
  'navigator\\.mediaDevices': [
    'media/devices.js', 'ui/controls/device_menus.js', 'ui/controls/speaker_menu.js',
    'ui/entry/insecure.js',
  ],
  'navigator\\.mediaCapabilities': ['media/encoder_abilities.js'],
  'navigator\\.permissions': ['media/devices.js'],
  'crypto\\.randomUUID|crypto\\.subtle|audioWorklet|AudioWorkletNode': [
    'media/effects/noise.js', 'ui/controls/effects.js',
  ],
  'navigator\\.wakeLock|[{] wakeLock [}] = navigator': ['ui/views/wake_lock.js'],
  'navigator\\.(serviceWorker|storage|locks|share|credentials|geolocation)': [
    'ui/admin/notify.js',
  ],
  setSinkId: ['media/output.js', 'media/test_sound.js'],
  'new Notification|\\bcaches\\.|cookieStore|VideoEncoder|VideoDecoder': [],
};

const modules = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith('.js'));
const read = (name) => readFileSync(new URL(name, ROOT), 'utf8');

for (const [pattern, allowed] of Object.entries(GUARDED)) {
  test(`only modules that work without it use ${pattern}`, () => {
    const used = modules.filter((name) => new RegExp(pattern).test(read(name)));
    assert.deepEqual(used.filter((name) => !allowed.includes(name)), []);
  });
}
