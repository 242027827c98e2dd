import { Asking } from '../common/asking.js';
import { Emitter } from '../common/emitter.js';
import { addReceiver, measuring, twoSided } from './receiving.js';
import { addSenders } from './sending.js';
import { inflow } from './silence.js';
import { arrived } from './statistics.js';

/** A connection that is `disconnected` for longer than this may not recover by itself. */
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
 *   disconnected: void,
 *   stalled: void,
 *   failed: void,
 * }} Events `unanswered`: number of unanswered offers in a row; `disconnected`: it may recover;
 *   `stalled`: it has been disconnected for so long that it is time for another one
 */

/** @type {import('./encodings.js').Quality} */
const NOTHING = { mode: 'auto', ceiling: Infinity };

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
    this._givenUp = givenUp;
    /** May this page send? */
    this.publish = publish;
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
    /** Disconnected for so long that another connection should take its place. */
    this.stalled = false;
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

  /** Does media flow? */
  get connected() {
    return this.pc.connectionState === 'connected';
  }

  /**
   * This page may send from now on, or no longer.
   *
   * @param {boolean} publish
   * @returns {boolean} false: only another connection can do that. The worker has forgotten the
   *   streams that this one sent, and the browser does not name them again (RFC 8843, 9.2)
   */
  allow(publish) {
    this.publish = publish;
    if (!publish) {
      for (const source of this._senders.keys()) void this.send(source, null, NOTHING);
      return true;
    }
    if (this._senders.size) return false;
    this._senders = addSenders(this.pc, this._givenUp);
    this.negotiate();
    return true;
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
    for (const [source, { mid }] of this._senders) {
      if (this.publish && mid !== null) tracks[mid] = source;
    }
    this.emit('offer', { id, sdp: this.pc.localDescription?.sdp ?? '', tracks });
  }

  async _describe() {
    const { sdp = '' } = await this.pc.createOffer();
    if (this._closed) return;
    try {
      const changed = twoSided(measuring(sdp), this._senders.get('screen-audio')?.index(this.pc));
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

  /**
   * The mids of the slots in which something has arrived: a video that was decoded, or sound.
   *
   * @returns {Promise<Set<string>>}
   */
  async flowing() {
    if (this._closed) return new Set();
    const report = await this.pc.getStats();
    return new Set(arrived([...report.values()]));
  }

  /** What has arrived so far, media or not. */
  async inflow() {
    return inflow((await this.pc.getStats()).values());
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
    if (state === 'failed' || state === 'closed') return this._fail();
    if (state !== 'disconnected' && state !== 'connected') return;
    clearTimeout(this._timer);
    this.stalled = false;
    if (state === 'disconnected') this._timer = setTimeout(() => this._stall(), PATIENCE);
    this.emit(state, undefined);
  }

  _stall() {
    this.stalled = true;
    this.emit('stalled', undefined);
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
