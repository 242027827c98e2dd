// What this computer's encoders can do, as far as the browser says.

import { within } from '../common/within.js';
import { find } from './codec_choice.js';

/** Milliseconds for each codec. An answer takes a few, and nothing is sent meanwhile. */
const KNOWN_WITHIN = 2000;

const NAMES = ['AV1', 'VP9', 'H264', 'VP8'];

/** Logical processors; 1 if the browser does not say. */
export function cores() {
  return navigator.hardwareConcurrency ?? 1;
}

/** Is this a phone or tablet, with many slow processors? */
export function mobile() {
  // Not in every browser, nor in TypeScript's DOM library (User-Agent Client Hints).
  /** @type {{userAgentData?: {mobile?: boolean}}} */
  const { userAgentData } = /** @type {any} */ (navigator);
  return userAgentData?.mobile ?? false;
}

/**
 * Ask MediaCapabilities about each codec. In Chromium `powerEfficient` means that there is a
 * hardware encoder. `smooth` comes from earlier calls on any site, and is true until there was one.
 *
 * @param {readonly import('./codec_choice.js').Codec[]} codecs that were negotiated
 * @param {{
 *   width: number, height: number, framerate: number, bitrate: number, scalabilityMode?: string,
 * }} video
 * @returns {Promise<Map<string, import('./codec_choice.js').Ability>>} as far as the browser says
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
      // No MediaCapabilities, or not for WebRTC (Firefox), or a graphics driver that hangs.
    }
  }
  return known;
}
