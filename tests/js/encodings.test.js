import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cameraLayers, capture, contentHint, shape, topBitrate,
} from '../../static/rooms/media/encodings.js';

const HD = { width: 1280, height: 720 };
const auto = { mode: 'auto', ceiling: 8_000_000 };
const motion = { mode: 'motion', ceiling: 8_000_000 };
const active = (layers) => layers.filter((layer) => layer.active).map((layer) => layer.rid);

test('there are three layers from 540 lines up and two below, and the largest is full size', () => {
  assert.deepEqual(active(cameraLayers(HD, auto, null)), ['q', 'h', 'f']);
  assert.deepEqual(active(cameraLayers({ width: 960, height: 540 }, auto, null)), ['q', 'h', 'f']);
  const small = cameraLayers({ width: 640, height: 480 }, auto, null);
  assert.deepEqual(active(small), ['q', 'h']);
  assert.deepEqual(small.map((layer) => layer.scaleResolutionDownBy).slice(0, 2), [2, 1]);
});

test('a phone held upright has as many layers as one on its side', () => {
  assert.deepEqual(active(cameraLayers({ width: 720, height: 1280 }, auto, null)), ['q', 'h', 'f']);
});

test('layers that no one watches stop', () => {
  assert.deepEqual(active(cameraLayers(HD, auto, new Set(['q', 'nonsense']))), ['q']);
  assert.deepEqual(active(cameraLayers(HD, auto, new Set())), []);
});

test('the cap grows with the height, and Motion gets all that the room allows', () => {
  const caps = [180, 360, 720, 1080].map(
    (height) => topBitrate('camera', { width: height * 2, height }, auto),
  );
  assert.deepEqual(caps, [...caps].sort((a, b) => a - b));
  assert.ok(caps[3] < 8_000_000);
  assert.equal(cameraLayers(HD, motion, null)[2].maxBitrate, 8_000_000);
  assert.equal(topBitrate('screen', HD, motion), 8_000_000);
  assert.equal(topBitrate('screen', HD, { mode: 'auto', ceiling: 1_000_000 }), 1_000_000);
});

test('Motion takes the room’s cap at any size, and no mode exceeds it', () => {
  for (const ceiling of [500_000, 3_000_000, 20_000_000, 50_000_000]) {
    const sizes = [
      { width: 640, height: 360 },
      HD,
      { width: 1920, height: 1080 },
      { width: 3840, height: 2160 },
    ];
    for (const size of sizes) {
      assert.equal(topBitrate('camera', size, { mode: 'motion', ceiling }), ceiling);
      assert.equal(topBitrate('screen', size, { mode: 'motion', ceiling }), ceiling);
      for (const mode of ['auto', 'detail']) {
        for (const source of ['camera', 'screen']) {
          assert.ok(topBitrate(source, size, { mode, ceiling }) <= ceiling);
        }
        for (const layer of cameraLayers(size, { mode, ceiling }, null)) {
          assert.ok(layer.maxBitrate <= ceiling);
        }
      }
    }
  }
});

test('a small layer never gets more than the large one', () => {
  const tiny = { width: 160, height: 90 };
  for (const layer of cameraLayers(tiny, { mode: 'auto', ceiling: 100_000 }, null)) {
    assert.ok(layer.maxBitrate <= 100_000);
  }
});

test('content hints follow the mode', () => {
  assert.deepEqual(
    ['auto', 'motion', 'detail'].map((mode) => contentHint('camera', mode)),
    ['', 'motion', 'detail'],
  );
  assert.deepEqual(
    ['auto', 'motion', 'detail'].map((mode) => contentHint('screen', mode)),
    ['detail', 'motion', 'text'],
  );
});

test('a screen is captured at its own size', () => {
  assert.deepEqual(Object.keys(capture('screen', 'motion')), ['frameRate']);
  assert.equal(capture('screen', 'motion').frameRate.ideal, 60);
});

test('parameters keep everything that the page does not decide, and only known rids change', () => {
  const parameters = {
    transactionId: '1', encodings: [{ rid: 'h', priority: 'low' }, { rid: 'f' }],
  };
  const shaped = shape(parameters, 'camera', HD, motion, new Set(['f']));
  assert.equal(shaped.transactionId, '1');
  assert.deepEqual(
    shaped.encodings.map((encoding) => [encoding.rid, encoding.active]),
    [['h', false], ['f', true]],
  );
  assert.equal(shaped.encodings[0].priority, 'low');
  assert.equal(shaped.degradationPreference, 'maintain-framerate');
  assert.equal('degradationPreference' in shape(shaped, 'camera', HD, auto, null), false);
});

test('without simulcast the only encoding stays on, whatever is watched', () => {
  const shaped = shape({ encodings: [{ active: true }] }, 'screen', HD, motion, new Set());
  assert.deepEqual(
    shaped.encodings,
    [{ active: true, maxBitrate: 8_000_000, scaleResolutionDownBy: 1 }],
  );
  const alone = shape(
    { encodings: [{ rid: 'q', active: true, scaleResolutionDownBy: 4 }] },
    'camera',
    HD,
    auto,
    new Set(),
  );
  assert.deepEqual(
    alone.encodings,
    [{ rid: 'q', active: true, maxBitrate: 2_500_000, scaleResolutionDownBy: 1 }],
  );
});
