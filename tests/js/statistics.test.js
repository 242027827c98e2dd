import assert from 'node:assert/strict';
import { test } from 'node:test';
import { received, sent } from '../../static/rooms/media/statistics.js';

const PATH = {
  type: 'candidate-pair',
  nominated: true,
  state: 'succeeded',
  currentRoundTripTime: 0.04,
  availableOutgoingBitrate: 900_000,
};
const CODEC = { id: 'c', type: 'codec', mimeType: 'video/VP8' };
const inbound = (timestamp, bytesReceived, packetsReceived, packetsLost) => ({
  type: 'inbound-rtp', codecId: 'c', timestamp, bytesReceived, packetsReceived, packetsLost,
  frameWidth: 640, frameHeight: 360, framesPerSecond: 24,
});
const layer = (rid, frameWidth, more = {}) => ({
  type: 'outbound-rtp',
  codecId: 'c',
  rid,
  timestamp: 1000,
  frameWidth,
  frameHeight: (frameWidth * 9) / 16,
  framesPerSecond: 30,
  bytesSent: 1000,
  packetsSent: 10,
  active: true,
  qualityLimitationReason: 'none',
  ...more,
});

test('bitrate and loss are those since the last reading', () => {
  const first = received([inbound(1000, 50_000, 90, 10), CODEC, PATH], null);
  assert.equal(first.bitrate, null);
  const second = received([inbound(3000, 300_000, 275, 25), CODEC, PATH], first);
  assert.equal(second.bitrate, 1_000_000);
  assert.equal(second.loss, 15 / 200);
  assert.deepEqual(
    [second.width, second.height, second.fps, second.codec, second.rtt],
    [640, 360, 24, 'VP8', 0.04],
  );
});

test('counters that start over give no negative rates', () => {
  const first = received([inbound(1000, 50_000, 90, 0)], null);
  assert.equal(received([inbound(2000, 100, 1, 0)], first).bitrate, null);
});

test('without media there is no reading', () => {
  assert.equal(received([PATH], null), null);
  assert.equal(sent([PATH], null), null);
});

test('a sender has the size of its largest active layer, and counts all of them', () => {
  const stopped = layer('f', 1280, { active: false, qualityLimitationReason: 'cpu' });
  const reading = sent([layer('h', 640), layer('q', 320), stopped, CODEC, PATH], null);
  assert.deepEqual(
    [reading.width, reading.layers, reading.bytes, reading.limit],
    [640, 'q h', 3000, 'none'],
  );
});

test('the limit is that of the limited layer, with the estimated bandwidth', () => {
  const reading = sent(
    [layer('q', 320), layer('f', 1280, { qualityLimitationReason: 'bandwidth' }), PATH],
    null,
  );
  assert.equal(reading.limit, 'bandwidth');
  assert.equal(reading.upload, 900_000);
});
