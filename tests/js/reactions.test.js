import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bundles, isKind } from '../../static/rooms/room/state/reactions.js';

test('what several people do at once is one announcement', () => {
  const bundles = new Bundles();
  bundles.add('thumbs_up', 'a', 'Ann', 1000);
  bundles.add('thumbs_up', 'b', 'Ben', 1100);
  bundles.add('thumbs_up', 'c', 'Cleo', 1200);
  bundles.add('heart', 'b', 'Ben', 1300);
  assert.equal(bundles.due, 1800);
  assert.deepEqual(bundles.take(1799), []);
  assert.deepEqual(bundles.take(1800), [
    { kind: 'thumbs_up', name: 'Ann', others: 2 },
    { kind: 'heart', name: 'Ben', others: 0 },
  ]);
  assert.equal(bundles.due, Infinity);
});

test('someone who claps for long is one person', () => {
  const bundles = new Bundles();
  for (let now = 0; now < 500; now += 100) bundles.add('clap', 'a', 'Ann', now);
  assert.deepEqual(bundles.take(800), [{ kind: 'clap', name: 'Ann', others: 0 }]);
});

test('there is at most one announcement in three seconds', () => {
  const bundles = new Bundles();
  let announced = 0;
  for (let now = 0; now <= 30_000; now += 50) {
    bundles.add('party', `p${now % 7}`, 'Ann', now);
    announced += bundles.take(now).length;
  }
  assert.equal(announced, 10);
});

test('a reaction after a quiet time is announced soon', () => {
  const bundles = new Bundles();
  bundles.add('laugh', 'a', 'Ann', 0);
  bundles.take(800);
  bundles.add('laugh', 'a', 'Ann', 60_000);
  assert.equal(bundles.due, 60_800);
});

test('a kind that this page does not know is none', () => {
  assert.ok(isKind('heart'));
  assert.ok(!isKind('toString'));
});
