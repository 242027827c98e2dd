import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Readings } from '../../static/rooms/room/readings.js';

const report = (...entries) => new Map(entries.map((entry, index) => [index, entry]));
const inbound = (timestamp, bytesReceived) => ({ type: 'inbound-rtp', timestamp, bytesReceived });

/** A call in which `arriving` arrives from others and `sent` is sent. */
const call = ({ arriving = null, sent = {} }) => ({
  subscriptions: { receiver: (key) => (key === 'a' ? arriving : null) },
  sentStatistics: async (source) => sent[source],
});

test('rates of what arrives are those since the last reading', async () => {
  const reports = [report(inbound(1000, 0)), report(inbound(2000, 125_000))];
  const receiver = { getStats: async () => reports.shift() };
  const arriving = { receiver, layer: 'h', limit: 'bandwidth' };
  const readings = new Readings(call({ arriving }), { key: 'a', own: false, screen: false });
  const first = await readings.next();
  assert.equal(first.reading.bitrate, null);
  const second = await readings.next();
  assert.equal(second.reading.bitrate, 1_000_000);
  assert.deepEqual([second.layer, second.held], ['h', 'bandwidth']);
});

test('one’s own screen is read from what is sent, with the layers that are on', async () => {
  const layer = { type: 'outbound-rtp', rid: 'f', frameWidth: 1280, frameHeight: 720 };
  const sent = { screen: report(layer) };
  const readings = new Readings(call({ sent }), { key: 'me:screen', own: true, screen: true });
  const { reading, layer: layers, held } = await readings.next();
  assert.deepEqual([reading.width, layers, held], [1280, 'f', '']);
});

test('a tile for which nothing arrives has no reading', async () => {
  for (const own of [true, false]) {
    const readings = new Readings(call({}), { key: 'b', own, screen: false });
    assert.deepEqual(await readings.next(), { reading: null, layer: '', held: '' });
  }
});
