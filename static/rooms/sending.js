// How this page's own tracks are sent: the sendonly part of an offer.

/** @typedef {import('./types.js').Source} Source */

/** In the order of the offer's m-lines. */
export const SOURCES = /** @type {const} */ (['microphone', 'camera', 'screen', 'screen-audio']);

/**
 * Three layers; a browser that captures fewer than 540 lines drops the top one by itself.
 *
 * @type {RTCRtpEncodingParameters[]}
 */
const CAMERA_LAYERS = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];

const SCREEN = [{ maxBitrate: 2_500_000 }];

/**
 * Add the four sending m-lines. They carry nothing until a track is put into them by `replaceTrack`.
 *
 * @param {RTCPeerConnection} pc
 * @returns {Map<Source, RTCRtpTransceiver>}
 */
export function addSenders(pc) {
  /** @type {Map<Source, RTCRtpTransceiver>} */
  const senders = new Map();
  for (const source of SOURCES) {
    const kind = source === 'microphone' || source === 'screen-audio' ? 'audio' : 'video';
    /** @type {RTCRtpTransceiverInit} */
    const init = { direction: 'sendonly' };
    if (source === 'camera') init.sendEncodings = CAMERA_LAYERS;
    if (source === 'screen') init.sendEncodings = SCREEN;
    senders.set(source, pc.addTransceiver(kind, init));
  }
  return senders;
}
