// How this page's own tracks are sent: the sendonly part of an offer.

import { FIRST_LAYERS, FIRST_SCREEN, shape } from './encodings.js';

/**
 * @typedef {import('./types.js').Source} Source
 * @typedef {import('./encodings.js').Quality} Quality
 */

/** In the order of the offer's m-lines. */
export const SOURCES = /** @type {const} */ (['microphone', 'camera', 'screen', 'screen-audio']);

/** One sending m-line. It carries nothing until a track is put into it; nothing here ever renegotiates. */
export class Sender {
  /**
   * @param {Source} source
   * @param {RTCRtpTransceiver} transceiver
   */
  constructor(source, transceiver) {
    this.source = source;
    this._transceiver = transceiver;
    /** @type {Quality} */
    this._quality = { mode: 'auto', ceiling: Infinity };
    /** @type {ReadonlySet<string> | null} */
    this._wanted = null;
    this._shaped = Promise.resolve();
  }

  get mid() {
    return this._transceiver.mid;
  }

  /** @returns {Promise<RTCStatsReport>} */
  statistics() {
    return this._transceiver.sender.getStats();
  }

  /**
   * @param {MediaStreamTrack | null} track
   * @param {Quality} quality
   */
  async send(track, quality) {
    this._quality = quality;
    await this._transceiver.sender.replaceTrack(track);
    await this.shape();
  }

  /** @param {readonly string[]} rids the layers that somebody watches */
  async want(rids) {
    this._wanted = new Set(rids);
    await this.shape();
  }

  /** Bring the encodings in line with the track, once they are negotiated. */
  async shape() {
    // One after the other: setParameters takes only what the latest getParameters gave.
    this._shaped = this._shaped.then(() => this._shape()).catch((error) => console.warn('the encoding stays as it is:', error));
    await this._shaped;
  }

  async _shape() {
    const { sender, currentDirection } = this._transceiver;
    const { source } = this;
    const { width, height } = sender.track?.getSettings() ?? {};
    if ((source !== 'camera' && source !== 'screen') || !width || !height || currentDirection !== 'sendonly') return;
    await sender.setParameters(shape(sender.getParameters(), source, { width, height }, this._quality, this._wanted));
  }
}

/**
 * Add the four sending m-lines.
 *
 * @param {RTCPeerConnection} pc
 * @returns {Map<Source, Sender>}
 */
export function addSenders(pc) {
  return new Map(SOURCES.map((source) => [source, new Sender(source, addTransceiver(pc, source))]));
}

/**
 * The codecs of a voice: RED before Opus, which makes a browser that has RED say everything twice (RFC 2198). Music takes
 * much more than a voice, so a screen's sound stays as the browser has it.
 *
 * @template {{mimeType: string}} C
 * @param {readonly C[]} codecs what the browser can send
 * @returns {C[]}
 */
export function forVoice(codecs) {
  const named = (/** @type {string} */ name) => codecs.filter(({ mimeType }) => mimeType.toLowerCase() === name);
  return [...named('audio/red'), ...named('audio/opus')];
}

/**
 * @param {RTCPeerConnection} pc
 */
function addMicrophone(pc) {
  const transceiver = pc.addTransceiver('audio', { direction: 'sendonly' });
  const codecs = forVoice(RTCRtpSender.getCapabilities?.('audio')?.codecs ?? []);
  try {
    if (codecs.length > 1) transceiver.setCodecPreferences(codecs);
  } catch {
    // It then sends Opus alone.
  }
  return transceiver;
}

/**
 * @param {RTCPeerConnection} pc
 * @param {Source} source
 */
function addTransceiver(pc, source) {
  if (source === 'microphone') return addMicrophone(pc);
  if (source === 'screen') return pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: FIRST_SCREEN });
  if (source === 'screen-audio') return pc.addTransceiver('audio', { direction: 'sendonly' });
  try {
    return pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: FIRST_LAYERS });
  } catch {
    // A browser that knows scalability modes, but not this one.
    const sendEncodings = FIRST_LAYERS.map(({ scalabilityMode: _, ...layer }) => layer);
    return pc.addTransceiver('video', { direction: 'sendonly', sendEncodings });
  }
}
