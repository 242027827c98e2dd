import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fromNow, inWords, locale, stillWaiting, timeOfDay,
} from '../../static/rooms/common/moments.js';

const CHRISTMAS = '2026-12-24T17:00:00+00:00';
// Versions of ICU differ in their spaces and commas.
const plain = (/** @type {string} */ text) => text.replace(/\s/g, ' ').replaceAll(',', '');

test('a time is shown in the visitor’s zone and locale', () => {
  assert.equal(
    plain(inWords(CHRISTMAS, 'en-GB', 'Europe/Berlin')),
    'Thursday 24 December 2026 at 18:00',
  );
  assert.equal(
    plain(inWords(CHRISTMAS, 'en-US', 'America/New_York')),
    'Thursday December 24 2026 at 12:00 PM',
  );
  assert.match(inWords(CHRISTMAS, 'de', 'Pacific/Auckland'), /Freitag.*25\. Dezember 2026/);
});

test('the time of day is shown in the visitor’s zone and locale', () => {
  assert.equal(timeOfDay(CHRISTMAS, 'de', 'Europe/Berlin'), '18:00');
  assert.equal(plain(timeOfDay(CHRISTMAS, 'en-US', 'America/New_York')), '12:00 PM');
});

test('the locale is the visitor’s if its language is the page’s', () => {
  assert.equal(locale('en', ['de-DE', 'en-GB', 'en-US']), 'en-GB');
  assert.equal(locale('en', ['de-DE']), 'en');
  assert.equal(locale('pt-br', ['pt-PT']), 'pt-PT');
});

test('the remaining time is given in the largest unit of which there are two', () => {
  const said = [
    25.4 * 86_400, 2 * 86_400, 47.9 * 3600, 7200, 7199, 120, 119.2, 1, 0.2, 0,
  ].map((s) => fromNow(s, 'en'));
  assert.deepEqual(said, [
    'in 25 days', 'in 2 days', 'in 47 hours', 'in 2 hours', 'in 119 minutes', 'in 2 minutes',
    'in 120 seconds',
    'in 1 second', 'in 1 second', 'in 0 seconds',
  ]);
});

test('only the server says that the time has not come yet', () => {
  assert.equal(stillWaiting(403, '17'), 17);
  assert.equal(stillWaiting(403, '0'), 0);
  for (const status of [200, 404, 410, 423, 503]) assert.equal(stillWaiting(status, '30'), null);
  assert.equal(stillWaiting(403, null), null); // removed meanwhile
  assert.equal(stillWaiting(403, 'soon'), null);
});
