// How a video is encoded: its layers, their size and their bitrate. Pure.

/**
 * @typedef {import('../common/types.js').Mode} Mode
 * @typedef {{mode: Mode, ceiling: number}} Quality `ceiling`: bits per second that one video may
 *   take in this room
 * @typedef {{width: number, height: number}} Size
 * @typedef {{
 *   rid: string, active: boolean, scaleResolutionDownBy: number, maxBitrate: number,
 * }} Layer
 */

/** From the smallest to the largest. */
const RIDS = ['q', 'h', 'f'];

/** Bitrates of the smaller layers, in bits per second. */
const SMALL = { q: 150_000, h: 500_000 };

/** Chromium silently drops the top one of three layers below 960x540. */
const THREE_FROM = 960 * 540;

/** Bits per second that a talking person needs, by lines. */
const ENOUGH = [
  { lines: 180, bitrate: 250_000 },
  { lines: 270, bitrate: 500_000 },
  { lines: 360, bitrate: 900_000 },
  { lines: 540, bitrate: 1_500_000 },
  { lines: 720, bitrate: 2_500_000 },
];
const MOST = 4_500_000;

const SCREEN_BITRATE = 4_000_000;

export const MODES = /** @type {const} */ (['auto', 'motion', 'detail']);

/**
 * A camera's layers until the size of its video is known. Of three temporal layers, a slow receiver
 * can have half the frames.
 */
export const FIRST_LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: SMALL.q, scalabilityMode: 'L1T3' },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: SMALL.h, scalabilityMode: 'L1T3' },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 2_500_000, scalabilityMode: 'L1T3' },
];

export const FIRST_SCREEN = [{ maxBitrate: SCREEN_BITRATE }];

/** @param {number} lines the shorter side of a video */
function enough(lines) {
  return ENOUGH.find((step) => step.lines >= lines)?.bitrate ?? MOST;
}

/**
 * The bitrate that the largest layer may take.
 *
 * @param {'camera' | 'screen'} source
 * @param {Size} size
 * @param {Quality} quality
 */
export function topBitrate(source, size, { mode, ceiling }) {
  if (mode === 'motion') return ceiling;
  const lines = Math.min(size.width, size.height);
  return Math.min(ceiling, source === 'screen' ? SCREEN_BITRATE : enough(lines));
}

/**
 * The layers of a camera: three from 540 lines up, two below.
 *
 * @param {Size} size of the captured video
 * @param {Quality} quality
 * @param {ReadonlySet<string> | null} wanted the rids that someone watches; null: not known
 * @returns {Layer[]}
 */
export function cameraLayers(size, quality, wanted) {
  const rids = size.width * size.height >= THREE_FROM ? RIDS : RIDS.slice(0, 2);
  const top = topBitrate('camera', size, quality);
  return RIDS.map((rid, index) => {
    const used = index < rids.length;
    const scaleResolutionDownBy = used ? 2 ** (rids.length - 1 - index) : 1;
    const small = rid === 'q' ? SMALL.q : SMALL.h;
    const maxBitrate = index < rids.length - 1 ? Math.min(small, top) : top;
    const active = used && (wanted === null || wanted.has(rid));
    return { rid, active, scaleResolutionDownBy, maxBitrate };
  });
}

/**
 * The content hint (W3C mst-content-hint) of a track.
 *
 * @param {'camera' | 'screen'} source
 * @param {Mode} mode
 */
export function contentHint(source, mode) {
  if (mode === 'motion') return 'motion';
  if (source === 'screen') return mode === 'detail' ? 'text' : 'detail';
  return mode === 'detail' ? 'detail' : '';
}

/**
 * What to keep when computer or network cannot keep up; undefined: the browser decides.
 *
 * @param {Mode} mode
 * @returns {'maintain-framerate' | 'maintain-resolution' | undefined}
 */
export function degradation(mode) {
  if (mode === 'motion') return 'maintain-framerate';
  return mode === 'detail' ? 'maintain-resolution' : undefined;
}

/**
 * The constraints for a device. A screen is always captured at its own size.
 *
 * @param {'camera' | 'screen'} source
 * @param {Mode} mode
 * @returns {MediaTrackConstraints}
 */
export function capture(source, mode) {
  const frameRate = mode === 'motion' ? { ideal: 60, max: 60 } : { ideal: 30, max: 30 };
  if (source === 'screen') return { frameRate };
  const [width, height] = mode === 'motion' ? [1920, 1080] : [1280, 720];
  const { ideal } = frameRate;
  return { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal } };
}

/**
 * A sender's parameters with everything that this page decides. The rest stays as the browser set
 * it.
 *
 * @param {RTCRtpSendParameters} parameters
 * @param {'camera' | 'screen'} source
 * @param {Size} size
 * @param {Quality} quality
 * @param {ReadonlySet<string> | null} wanted
 */
export function shape(parameters, source, size, quality, wanted) {
  const layers = new Map(cameraLayers(size, quality, wanted).map((layer) => [layer.rid, layer]));
  for (const encoding of parameters.encodings) {
    const layer = layers.get(encoding.rid ?? '');
    if (layer && parameters.encodings.length > 1) Object.assign(encoding, layer);
    else {
      const maxBitrate = topBitrate(source, size, quality);
      Object.assign(encoding, { maxBitrate, scaleResolutionDownBy: 1 });
    }
  }
  // Not in TypeScript's DOM library yet (W3C webrtc-extensions).
  const preference = /** @type {{degradationPreference?: string}} */ (parameters);
  preference.degradationPreference = degradation(quality.mode);
  if (preference.degradationPreference === undefined) delete preference.degradationPreference;
  return parameters;
}
