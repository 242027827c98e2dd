import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  assign, changes, heightStep, pairCount, requests, voiceCount,
} from '../../static/rooms/room/slots.js';

const pairs = Array.from({ length: 4 }, (_, k) => ({ audio: `a${k}`, video: `v${k}` }));
const others = (...keys) => keys.map((key) => ({ key, priority: 1 }));
const wish = (key, height = 300, priority = 1) => ({
  key, audio: `${key}:microphone`, video: `${key}:camera`, height, priority,
});

test('pairs come in steps and are never taken away', () => {
  assert.deepEqual(
    [0, 4, 5, 12, 13, 20, 25, 33, 200].map((wanted) => pairCount(wanted, 0)),
    [4, 4, 8, 12, 16, 24, 32, 36, 36],
  );
  assert.equal(pairCount(2, 12), 12);
});

test('a person keeps their pair when others join and leave', () => {
  const first = assign(new Map(), others('ann', 'bob', 'cy'), 4);
  assert.deepEqual([...first], [['ann', 0], ['bob', 1], ['cy', 2]]);
  const second = assign(first, others('dee', 'cy', 'ann'), 4);
  assert.deepEqual(Object.fromEntries(second), { ann: 0, cy: 2, dee: 1 });
});

test('with too few pairs, the highest priorities get them', () => {
  assert.deepEqual([...assign(new Map(), others('a', 'b', 'c'), 2).keys()], ['a', 'b']);
});

test('a higher priority takes the pair of the lowest, and keeps it', () => {
  const first = assign(new Map(), others('a', 'b', 'c', 'd'), 2);
  const speaks = assign(first, [...others('a', 'b', 'c'), { key: 'd', priority: 2 }], 2);
  assert.deepEqual(Object.fromEntries(speaks), { a: 0, d: 1 });
  assert.deepEqual(assign(speaks, others('a', 'b', 'c', 'd'), 2), speaks);
});

test('fewer pairs than before leave no one in a pair that is gone', () => {
  assert.deepEqual(
    Object.fromEntries(assign(new Map([['a', 5], ['b', 1]]), others('a', 'b'), 2)),
    { a: 0, b: 1 },
  );
});

test('a crowd has voice slots, and they are never taken away', () => {
  assert.deepEqual([0, 12, 13, 100].map((wanted) => voiceCount(wanted, 0)), [0, 0, 4, 4]);
  assert.equal(voiceCount(3, 4), 4);
});

test('voice slots are requested once, and name no one', () => {
  const wanted = requests(new Map(), [], pairs, ['x']);
  const [told, ...more] = changes(new Map(), wanted);
  assert.deepEqual(told, { mid: 'x', track: null, height: 0, priority: 0, voices: true });
  assert.deepEqual(more, []);
  assert.deepEqual(changes(wanted, wanted), []);
});

test('a pair never goes to two people', () => {
  const assignment = assign(new Map([['a', 3], ['b', 1]]), others('x', 'a', 'y', 'b'), 4);
  assert.deepEqual([...assignment.values()].sort(), [0, 1, 2, 3]);
});

test('requests name every slot, and the free ones are empty', () => {
  const all = requests(new Map([['ann', 1]]), [wish('ann')], pairs);
  assert.equal(all.size, 8);
  assert.deepEqual(all.get('v1'), { mid: 'v1', track: 'ann:camera', height: 360, priority: 1 });
  assert.deepEqual(all.get('a1'), { mid: 'a1', track: 'ann:microphone', height: 0, priority: 1 });
  assert.equal(all.get('v0')?.track, null);
});

test('someone without a video takes no video slot', () => {
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
