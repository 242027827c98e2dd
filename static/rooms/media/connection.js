import { Asking } from '../common/asking.js';
import { Emitter } from '../common/emitter.js';
import { addReceiver, measuring, twoSided } from './receiving.js';
import { addSenders, SOURCES } from './sending.js';

/** A connection that is `disconnected` for longer than this will not recover by itself. */
const PATIENCE = 5000;

/** From the offer to a connected transport. */
const CONNECT_WITHIN = 15_000;

/**
 * From an offer to its answer, which takes milliseconds. Without one the offer is repeated under a
 * new id.
 */
const ANSWER_WITHIN = { within: 5000, longest: 30_000 };

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {{audio: RTCRtpTransceiver, video: RTCRtpTransceiver}} Receivers
 * @typedef {{
 *   offer: {id: number, sdp: string, tracks: Record<string, Source>},
 *   answered: void,
 *   unanswered: number,
 *   connected: void,
 *   failed: void,
 * }} Events `unanswered`: number of unanswered offers in a row
 */

let lastOfferId = 0;

/**
 * One RTCPeerConnection to the worker. The page always offers. After a failure this object is
 * discarded, and a new one offers the same tracks.
 *
 * @extends {Emitter<Events>}
 */
export class Connection extends Emitter {
  /**
   * @param {{
   *   iceServers: RTCIceServer[],
   *   publish: boolean,
   *   pairs: number,
   *   voices: number,
   *   givenUp?: Set<string>,
   * }} options `givenUp`: names of the codecs that this computer cannot afford; outlives the
   *   connection
   */
  constructor({ iceServers, publish, pairs, voices, givenUp = new Set() }) {
    super();
    this.pc = new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
    /** @type {Map<Source, import('./sending.js').Sender>} */
    this._senders = publish ? addSenders(this.pc, givenUp) : new Map();
    /** @type {Receivers[]} */
    this.receivers = [];
    /**
     * Slots in which the worker puts the voices of people without a pair.
     *
     * @type {RTCRtpTransceiver[]}
     */
    this.voices = [];
    /** Has the worker ever answered? Then it knows this page's tracks, and some slots. */
    this.negotiated = false;
    /** The open offer; 0: there is none. */
    this._offerId = 0;
    this._accepting = 0;
    this._again = false;
    this._asking = new Asking((attempt) => void this._offer(attempt), ANSWER_WITHIN);
    this._timer = setTimeout(() => this._fail(), CONNECT_WITHIN);
    this._closed = false;
    this.pc.onconnectionstatechange = () => this._stateChanged();
    this._addSlots(pairs, voices);
  }

  /**
   * @param {number} pairs
   * @param {number} voices
   */
  _addSlots(pairs, voices) {
    while (this.receivers.length < pairs) {
      const audio = addReceiver(this.pc, 'audio');
      this.receivers.push({ audio, video: addReceiver(this.pc, 'video') });
    }
    while (this.voices.length < voices) this.voices.push(addReceiver(this.pc, 'audio'));
  }

  /** The mids of the receive pairs that the worker has answered. */
  get pairs() {
    return this.receivers
      .filter(({ audio, video }) => isAnswered(audio) && isAnswered(video))
      .map(({ audio, video }) => ({ audio: audio.mid ?? '', video: video.mid ?? '' }));
  }

  /** The mids of the voice slots that the worker has answered. */
  get voiceMids() {
    return this.voices.filter(isAnswered).map(({ mid }) => mid ?? '');
  }

  /**
   * Make sure that there are at least so many receive pairs and voice slots.
   *
   * @param {number} pairs
   * @param {number} voices
   */
  grow(pairs, voices) {
    if (pairs <= this.receivers.length && voices <= this.voices.length) return;
    this._addSlots(pairs, voices);
    this.negotiate();
  }

  /** Has the worker answered the latest offer? */
  get answered() {
    return this.negotiated && !this._offerId;
  }

  /** Make an offer. If one is open, make it after its answer. */
  negotiate() {
    if (this._offerId) this._again = true;
    else this._asking.begin();
  }

  /** The answer to the open offer is lost: offer again now. */
  renew() {
    if (this._offerId && this._offerId !== this._accepting) this._asking.begin();
  }

  /**
   * Media continues meanwhile, even if this offer replaces an open one.
   *
   * @param {number} attempt
   */
  async _offer(attempt) {
    if (attempt) this.emit('unanswered', attempt);
    if (this._closed) return;
    const id = ++lastOfferId;
    this._offerId = id;
    try {
      await this._describe();
    } catch (error) {
      console.warn('no offer can be made:', error);
      if (this._offerId === id) this._fail();
      return;
    }
    if (this._closed || this._offerId !== id) return;
    /** @type {Record<string, Source>} */
    const tracks = {};
    for (const [source, { mid }] of this._senders) if (mid !== null) tracks[mid] = source;
    this.emit('offer', { id, sdp: this.pc.localDescription?.sdp ?? '', tracks });
  }

  async _describe() {
    const { sdp = '' } = await this.pc.createOffer();
    if (this._closed) return;
    try {
      const changed = twoSided(measuring(sdp), SOURCES.indexOf('screen-audio'));
      await this.pc.setLocalDescription({ type: 'offer', sdp: changed });
    } catch {
      // Firefox accepts only its own description.
      await this.pc.setLocalDescription();
    }
  }

  /** @param {import('../common/types.js').Answer} answer ignored if to an old offer, or repeated */
  async accept(answer) {
    const { id, sdp } = answer;
    if (id !== this._offerId || id === this._accepting || this._closed) return;
    this._accepting = id;
    this._asking.settle();
    try {
      await this.pc.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      // Another connection may have taken the place of this one meanwhile.
      if (!this._closed) console.warn('the answer cannot be used:', error);
      return this._fail();
    }
    this._offerId = 0;
    this.negotiated = true;
    if (this._closed) return;
    for (const sender of this._senders.values()) void sender.shape();
    this.emit('answered', undefined);
    if (this._again) {
      this._again = false;
      this.negotiate();
    }
  }

  /**
   * Send a track of a source, or nothing. Never renegotiates.
   *
   * @param {Source} source
   * @param {MediaStreamTrack | null} track
   * @param {import('./encodings.js').Quality} quality
   */
  async send(source, track, quality) {
    await this._senders.get(source)?.send(track, quality);
  }

  /** @param {Source} source */
  async statistics(source) {
    return this._senders.get(source)?.statistics();
  }

  /** @param {import('../common/types.js').LayersWanted} event */
  async want({ source, rids }) {
    await this._senders.get(source)?.want(rids);
  }

  /** @param {import('../common/types.js').CodecsCommon} event */
  async common({ codecs }) {
    await Promise.all([...this._senders.values()].map((sender) => sender.common(codecs)));
  }

  /**
   * @param {Source} source
   * @returns {Promise<boolean>} does it use a cheaper codec now?
   */
  async relieve(source) {
    return (await this._senders.get(source)?.relieve()) ?? false;
  }

  close() {
    this._closed = true;
    this._asking.settle();
    clearTimeout(this._timer);
    this.pc.onconnectionstatechange = null;
    this.pc.close();
  }

  _stateChanged() {
    const state = this.pc.connectionState;
    if (state === 'failed') this._fail();
    if (state === 'disconnected') {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._fail(), PATIENCE);
    }
    if (state === 'connected') {
      clearTimeout(this._timer);
      this.emit('connected', undefined);
    }
  }

  _fail() {
    if (this._closed) return;
    this.close();
    this.emit('failed', undefined);
  }
}

/** @param {RTCRtpTransceiver} transceiver */
function isAnswered({ currentDirection }) {
  return currentDirection !== null;
}
