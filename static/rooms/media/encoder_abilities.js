// What this computer's encoders can do, as far as the browser says.

import { find } from './codec_choice.js';
import { within } from '../common/within.js';

/** For each codec: asking costs milliseconds, and nothing is sent meanwhile. */
const KNOWN_WITHIN = 2000;

const NAMES = ['AV1', 'VP9', 'H264', 'VP8'];

/** Logical processors; a browser that does not tell gets the least. */
export function cores() {
  return navigator.hardwareConcurrency ?? 1;
}

/** A phone or tablet: its processors are many and slow. */
export function mobile() {
  // Not in every browser, nor in TypeScript's DOM library (User-Agent Client Hints).
  return /** @type {{userAgentData?: {mobile?: boolean}}} */ (/** @type {unknown} */ (navigator)).userAgentData?.mobile ?? false;
}

/**
 * Ask MediaCapabilities about each codec. In Chromium `powerEfficient` means that there is a hardware encoder, and `smooth` is
 * what it remembers of earlier calls on any site (true until it knows better).
 *
 * @param {readonly import('./codec_choice.js').Codec[]} codecs that were negotiated
 * @param {{width: number, height: number, framerate: number, bitrate: number, scalabilityMode?: string}} video
 * @returns {Promise<Map<string, import('./codec_choice.js').Ability>>} what is missing is not known
 */
export async function abilities(codecs, video) {
  /** @type {Map<string, import('./codec_choice.js').Ability>} */
  const known = new Map();
  for (const name of NAMES) {
    const codec = find(codecs, name);
    if (!codec) continue;
    const contentType = [codec.mimeType, codec.sdpFmtpLine].filter(Boolean).join(';');
    try {
      const info = { type: /** @type {const} */ ('webrtc'), video: { contentType, ...video } };
      known.set(name, await within(navigator.mediaCapabilities.encodingInfo(info), KNOWN_WITHIN));
    } catch {
      // No MediaCapabilities, or none for WebRTC (as in Firefox), or a graphics driver that hangs.
    }
  }
  return known;
}
