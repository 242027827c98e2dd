import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assign, changes, heightStep, pairCount, requests } from '../../static/rooms/slots.js';

const pairs = Array.from({ length: 4 }, (_, k) => ({ audio: `a${k}`, video: `v${k}` }));
const wish = (key, height = 300, priority = 1) => ({ key, audio: `${key}:microphone`, video: `${key}:camera`, height, priority });

test('pairs come in steps and are never taken away', () => {
  assert.deepEqual([0, 4, 5, 12, 13, 20, 25, 33, 200].map((wanted) => pairCount(wanted, 0)), [4, 4, 8, 12, 16, 24, 32, 40, 40]);
  assert.equal(pairCount(2, 12), 12);
});

test('who has a pair keeps it when others come and leave', () => {
  const first = assign(new Map(), ['ann', 'bob', 'cy'], 4);
  assert.deepEqual([...first], [['ann', 0], ['bob', 1], ['cy', 2]]);
  const second = assign(first, ['dee', 'cy', 'ann'], 4);
  assert.deepEqual(Object.fromEntries(second), { ann: 0, cy: 2, dee: 1 });
});

test('with too few pairs the most wanted get them', () => {
  assert.deepEqual([...assign(new Map(), ['a', 'b', 'c'], 2).keys()], ['a', 'b']);
});

test('a pair never goes to two people', () => {
  const assignment = assign(new Map([['a', 3], ['b', 1]]), ['x', 'a', 'y', 'b'], 4);
  assert.deepEqual([...assignment.values()].sort(), [0, 1, 2, 3]);
});

test('requests name every slot, with nothing in those that are free', () => {
  const all = requests(new Map([['ann', 1]]), [wish('ann')], pairs);
  assert.equal(all.size, 8);
  assert.deepEqual(all.get('v1'), { mid: 'v1', track: 'ann:camera', height: 360, priority: 1 });
  assert.deepEqual(all.get('a1'), { mid: 'a1', track: 'ann:microphone', height: 0, priority: 1 });
  assert.equal(all.get('v0')?.track, null);
});

test('somebody without a picture takes no picture slot', () => {
  const all = requests(new Map([['ann', 0]]), [{ ...wish('ann'), video: null }], pairs);
  assert.equal(all.get('v0')?.track, null);
  assert.equal(all.get('a0')?.track, 'ann:microphone');
});

test('only what changed is told', () => {
  const before = requests(new Map([['ann', 0]]), [wish('ann')], pairs);
  assert.deepEqual(changes(before, requests(new Map([['ann', 0]]), [wish('ann', 310)], pairs)), []);
  const larger = changes(before, requests(new Map([['ann', 0]]), [wish('ann', 700)], pairs));
  assert.deepEqual(larger.map(({ mid, height }) => [mid, height]), [['v0', 720]]);
  const gone = changes(before, requests(new Map(), [], pairs));
  assert.deepEqual(gone.map(({ mid, track }) => [mid, track]), [['a0', null], ['v0', null]]);
});

test('a slot that was never used is not emptied', () => {
  assert.deepEqual(changes(new Map(), requests(new Map(), [], pairs)), []);
});

test('heights are rounded up and have a limit', () => {
  assert.deepEqual([1, 90, 91, 500, 4000].map(heightStep), [90, 90, 180, 540, 1080]);
});
