// What getStats says about one video, in units that people know. Pure.

/**
 * @typedef {object} Reading
 * @property {number} at milliseconds
 * @property {number} bytes so far
 * @property {number} packets so far
 * @property {number} lost so far
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {number | null} bitrate bits per second since the last reading; null in the first one
 * @property {number | null} loss share of packets since the last reading, 0 to 1
 * @property {number | null} rtt seconds
 * @property {string} codec
 * @property {string} layers rids that are sent, the largest last
 * @property {string} limit `cpu`, `bandwidth`, `other` or `none`; always `none` for a receiver,
 *   whose limit only the worker knows
 * @property {number | null} upload estimated bandwidth to the worker, bits per second
 *
 * @typedef {Record<string, any>} Stats one entry of a report
 */

/**
 * @param {Iterable<Stats>} report of a receiver
 * @param {Reading | null} before
 * @returns {Reading | null} null: nothing has arrived yet
 */
export function received(report, before) {
  const entries = [...report];
  const inbound = entries.find(({ type }) => type === 'inbound-rtp');
  if (!inbound) return null;
  return since(before, {
    ...nothing(inbound.timestamp, entries, [inbound]),
    bytes: inbound.bytesReceived ?? 0,
    packets: (inbound.packetsReceived ?? 0) + Math.max(0, inbound.packetsLost ?? 0),
    lost: Math.max(0, inbound.packetsLost ?? 0),
    ...picture([inbound]),
    rtt: path(entries)?.currentRoundTripTime ?? null,
  });
}

/**
 * @param {Iterable<Stats>} report of a sender, with all layers of simulcast
 * @param {Reading | null} before
 * @returns {Reading | null}
 */
export function sent(report, before) {
  const entries = [...report];
  const all = entries.filter(({ type }) => type === 'outbound-rtp');
  if (!all.length) return null;
  const active = all
    .filter((layer) => layer.active !== false && layer.frameWidth)
    .sort((a, b) => a.frameWidth - b.frameWidth);
  const remote = entries.filter(({ type }) => type === 'remote-inbound-rtp');
  const measured = remote.find((entry) => entry.roundTripTime)?.roundTripTime;
  return since(before, {
    ...nothing(all[0].timestamp, entries, active),
    bytes: sum(all, 'bytesSent'),
    packets: sum(all, 'packetsSent'),
    lost: sum(remote, 'packetsLost'),
    ...picture(active),
    rtt: measured ?? path(entries)?.currentRoundTripTime ?? null,
    layers: active.map((layer) => layer.rid ?? '').filter(Boolean).join(' '),
    limit: limit(active),
    upload: path(entries)?.availableOutgoingBitrate ?? null,
  });
}

/**
 * What limits the encoder: the computer before the network, if any layer names it.
 *
 * @param {readonly Stats[]} layers
 */
function limit(layers) {
  const reasons = layers.map((layer) => layer.qualityLimitationReason ?? 'none');
  return ['cpu', 'bandwidth'].find((reason) => reasons.includes(reason)) ?? 'none';
}

/**
 * @param {number} at
 * @param {readonly Stats[]} entries
 * @param {readonly Stats[]} streams
 */
function nothing(at, entries, streams) {
  const codec = entries.find(({ id }) => id === streams[0]?.codecId)?.mimeType ?? '';
  const name = codec.replace(/^video\//, '');
  return { at, bitrate: null, loss: null, codec: name, layers: '', limit: 'none', upload: null };
}

/** @param {readonly Stats[]} layers smallest first */
function picture(layers) {
  const largest = layers[layers.length - 1];
  const { frameWidth = 0, frameHeight = 0, framesPerSecond = 0 } = largest ?? {};
  return { width: frameWidth, height: frameHeight, fps: framesPerSecond };
}

/** @param {readonly Stats[]} entries */
function path(entries) {
  return entries.find(
    ({ type, nominated, state }) =>
      type === 'candidate-pair' && nominated && state === 'succeeded',
  );
}

/**
 * @param {readonly Stats[]} entries
 * @param {string} field
 */
function sum(entries, field) {
  return entries.reduce((total, entry) => total + Math.max(0, entry[field] ?? 0), 0);
}

/**
 * @param {Reading | null} before
 * @param {Reading} now
 * @returns {Reading}
 */
function since(before, now) {
  // Counters start over with a new connection, and when a slot goes to someone else.
  if (!before || now.at <= before.at || now.bytes < before.bytes) return now;
  const packets = now.packets - before.packets;
  return {
    ...now,
    bitrate: ((now.bytes - before.bytes) * 8000) / (now.at - before.at),
    loss: packets > 0 ? Math.min(1, Math.max(0, (now.lost - before.lost) / packets)) : null,
  };
}

/**
 * The mids of the slots in which something has arrived: a video that was decoded, or sound.
 *
 * @param {readonly Stats[]} report of a connection
 * @returns {string[]}
 */
export function arrived(report) {
  return report
    .filter(({ type }) => type === 'inbound-rtp')
    .filter(({ kind, framesDecoded, packetsReceived }) =>
      kind === 'video' ? framesDecoded > 0 : packetsReceived > 0,
    )
    .map(({ mid }) => mid);
}
