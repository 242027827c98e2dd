// How this page's own tracks are sent: the sendonly part of an offer.

import { choose, chooses, firstOf, NEGOTIATED, tooDear, useCodec } from './codec_choice.js';
import { abilities, cores, mobile } from './encoder_abilities.js';
import { FIRST_LAYERS, FIRST_SCREEN, shape, topBitrate } from './encodings.js';

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {import('./encodings.js').Quality} Quality
 */

/** In the order of the offer's m-lines. */
export const SOURCES = /** @type {const} */ (['microphone', 'camera', 'screen', 'screen-audio']);

/** One sendonly m-line. It is empty until it gets a track. Nothing here ever renegotiates. */
export class Sender {
  /**
   * @param {Source} source
   * @param {RTCRtpTransceiver} transceiver
   * @param {Set<string>} givenUp names of the codecs that this computer cannot afford; `relieve`
   *   adds to it
   */
  constructor(source, transceiver, givenUp) {
    this.source = source;
    this._transceiver = transceiver;
    this._givenUp = givenUp;
    /** @type {readonly string[] | null} */
    this._common = null;
    this._choice = NEGOTIATED;
    this._first = '';
    /** @type {Quality} */
    this._quality = { mode: 'auto', ceiling: Infinity };
    /** @type {ReadonlySet<string> | null} */
    this._wanted = null;
    this._shaped = Promise.resolve();
  }

  get mid() {
    return this._transceiver.mid;
  }

  /**
   * The place of its m-line in an offer.
   *
   * @param {RTCPeerConnection} pc
   */
  index(pc) {
    return pc.getTransceivers().indexOf(this._transceiver);
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

  /** @param {readonly string[]} rids the layers that someone watches */
  async want(rids) {
    this._wanted = new Set(rids);
    await this.shape();
  }

  /** @param {readonly string[]} codecs names of the codecs that all others decode */
  async common(codecs) {
    this._common = codecs;
    await this.shape();
  }

  /**
   * The computer is at its limit: switch to a cheaper codec for the rest of the call.
   *
   * @returns {Promise<boolean>} false: there is none
   */
  async relieve() {
    const names = tooDear(this._choice);
    for (const name of names) this._givenUp.add(name);
    if (names.length) await this.shape();
    return names.length > 0;
  }

  /** Fit the encodings to the track, once they are negotiated. */
  async shape() {
    // One after the other: setParameters accepts only what the latest getParameters returned.
    this._shaped = this._shaped
      .then(() => this._shape())
      .catch((error) => console.warn('the encoding stays as it is:', error));
    await this._shaped;
  }

  async _shape() {
    const { sender, currentDirection } = this._transceiver;
    const { source } = this;
    const { width, height } = sender.track?.getSettings() ?? {};
    if (source !== 'camera' && source !== 'screen') return;
    if (!width || !height || currentDirection !== 'sendonly') return;
    this._first ||= firstOf(sender.getParameters().codecs ?? []);
    const size = { width, height };
    const choice = await this._choose(source, size);
    const set = (/** @type {string} */ name) => {
      const now = sender.getParameters();
      const parameters = shape(now, source, size, this._quality, this._wanted);
      return sender.setParameters(useCodec(parameters, name, this._first));
    };
    this._choice = choice;
    try {
      await set(choice.name);
    } catch (error) {
      if (!choice.name) throw error;
      // The browser refuses this codec after all. Set everything else.
      this._choice = NEGOTIATED;
      await set(NEGOTIATED.name);
    }
  }

  /**
   * @param {'camera' | 'screen'} source
   * @param {import('./encodings.js').Size} size
   */
  async _choose(source, size) {
    const { mode } = this._quality;
    if (!chooses(source, mode)) return NEGOTIATED;
    const { sender } = this._transceiver;
    const { codecs = [], encodings } = sender.getParameters();
    const framerate = sender.track?.getSettings().frameRate || 30;
    // Not in TypeScript's DOM library yet (W3C webrtc-svc).
    const { scalabilityMode } = /** @type {{scalabilityMode?: string}} */ (encodings[0] ?? {});
    const bitrate = topBitrate(source, size, this._quality);
    const video = { ...size, framerate, bitrate, ...(scalabilityMode && { scalabilityMode }) };
    return choose(source, mode, {
      common: this._common,
      negotiated: codecs,
      abilities: await abilities(codecs, video),
      cores: cores(),
      mobile: mobile(),
      pixelRate: size.width * size.height * framerate,
      givenUp: this._givenUp,
    });
  }
}

/**
 * Add the four sending m-lines.
 *
 * @param {RTCPeerConnection} pc
 * @param {Set<string>} givenUp see Sender
 * @returns {Map<Source, Sender>}
 */
export function addSenders(pc, givenUp) {
  return new Map(
    SOURCES.map((source) => [source, new Sender(source, addTransceiver(pc, source), givenUp)]),
  );
}

/**
 * The codecs of a voice: RED before Opus, so that a browser with RED sends everything twice (RFC
 * 2198). Music needs a much higher bitrate than a voice, so a screen's sound keeps the browser's
 * own order.
 *
 * @template {{mimeType: string}} C
 * @param {readonly C[]} codecs what the browser can send
 * @returns {C[]}
 */
export function forVoice(codecs) {
  const named = (/** @type {string} */ name) =>
    codecs.filter(({ mimeType }) => mimeType.toLowerCase() === name);
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
    // Then it sends Opus alone.
  }
  return transceiver;
}

/**
 * @param {RTCPeerConnection} pc
 * @param {Source} source
 */
function addTransceiver(pc, source) {
  if (source === 'microphone') return addMicrophone(pc);
  const direction = 'sendonly';
  if (source === 'screen-audio') return pc.addTransceiver('audio', { direction });
  if (source === 'screen') {
    return pc.addTransceiver('video', { direction, sendEncodings: FIRST_SCREEN });
  }
  try {
    return pc.addTransceiver('video', { direction, sendEncodings: FIRST_LAYERS });
  } catch {
    // The browser knows scalability modes, but not this one.
    const sendEncodings = FIRST_LAYERS.map(({ scalabilityMode: _, ...layer }) => layer);
    return pc.addTransceiver('video', { direction, sendEncodings });
  }
}
