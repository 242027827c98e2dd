import { Asking } from '../common/asking.js';
import { assign, changes, pairCount, requests, voiceCount } from './slots.js';

/** Wishes must stay the same for this long before the worker is told. */
const SETTLE = 100;

/**
 * From a request to what the worker says about its slot. The worker need not answer, so a request
 * is repeated a few times only.
 */
const HEARD_WITHIN = { within: 5000 };
const REPEATS = 3;

/**
 * @typedef {import('./slots.js').Wish} Wish
 * @typedef {import('../common/types.js').SlotRequest} SlotRequest
 * @typedef {import('../media/connection.js').Connection} Connection
 */

/** Keeps the worker's receive slots in line with the wishes of the layout. */
export class Subscriptions {
  /** @param {(slots: SlotRequest[]) => boolean} tell false: the worker cannot be told now */
  constructor(tell) {
    this._tell = tell;
    /** @type {Connection | null} */
    this._connection = null;
    /** @type {readonly Wish[]} */
    this._wishes = [];
    /** @type {Map<string, number>} */
    this._assignment = new Map();
    /** @type {Map<string, SlotRequest>} */
    this._told = new Map();
    /** @type {Map<string, {track: string, layer: string, limit: string}>} by mid */
    this._bound = new Map();
    /** @type {Map<string, {track: string, why: string}>} by mid */
    this._paused = new Map();
    this._timer = 0;
    this._asking = new Asking((attempt) => this._repeat(attempt), HEARD_WITHIN);
  }

  /** How many receive pairs and voice slots a new connection should have. */
  get size() {
    return { pairs: pairCount(this._wishes.length, 4), voices: voiceCount(this._wishes.length, 0) };
  }

  /** Tracks for the voices of people without a pair. They stay the same, whoever speaks. */
  get voices() {
    return this._connection?.voices.map(({ receiver }) => receiver.track) ?? [];
  }

  /** @param {Connection | null} connection a new one, with no slot bound yet */
  use(connection) {
    this._connection = connection;
    this._asking.settle();
    this._told.clear();
    this._bound.clear();
    this._paused.clear();
  }

  /** @param {readonly Wish[]} wishes most wanted first */
  want(wishes) {
    this._wishes = wishes;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.flush(), SETTLE);
  }

  /**
   * @param {{all?: boolean}} [options] `all`: repeat everything, the worker may have missed some
   */
  flush({ all = false } = {}) {
    if (!this._connection) return;
    const { pairs, receivers, voices } = this._connection;
    const count = this._wishes.length;
    this._connection.grow(pairCount(count, receivers.length), voiceCount(count, voices.length));
    this._assignment = assign(this._assignment, this._wishes, pairs.length);
    const wanted = requests(this._assignment, this._wishes, pairs, this._connection.voiceMids);
    const told = all ? [...wanted.values()] : changes(this._told, wanted);
    if (!told.length || !this._tell(told)) return;
    for (const request of told) this._told.set(request.mid, request);
    this._asking.expect();
  }

  /**
   * Repeat the requests that may have been lost on the way to the worker.
   *
   * @param {number} attempt
   */
  _repeat(attempt) {
    const heard = (/** @type {string} */ mid) =>
      (this._bound.get(mid) ?? this._paused.get(mid))?.track;
    const told = [...this._told.values()];
    const unheard = told.filter(({ mid, track }) => track && heard(mid) !== track);
    if (!unheard.length || attempt > REPEATS) this._asking.settle();
    else this._tell(unheard);
  }

  /** @param {import('../common/types.js').SlotBound} event */
  bound(event) {
    this._bound.set(event.mid, { track: event.track, layer: event.layer, limit: event.limit });
    this._paused.delete(event.mid);
  }

  /** @param {import('../common/types.js').SlotPaused} event */
  paused(event) {
    this._bound.delete(event.mid);
    this._paused.set(event.mid, { track: event.track, why: event.why });
  }

  /**
   * What arrives for a wish.
   *
   * @param {Wish} wish
   * @returns {{
   *   audio: MediaStreamTrack, video: MediaStreamTrack, live: boolean, paused: string,
   * } | null} `live`: it is the wished video; `paused`: why no video comes, or ''
   */
  arriving(wish) {
    const receivers = this._connection?.receivers[this._assignment.get(wish.key) ?? -1];
    if (!receivers) return null;
    const mid = receivers.video.mid ?? '';
    const live = wish.video !== null && this._bound.get(mid)?.track === wish.video;
    const held = this._paused.get(mid);
    const paused = wish.video !== null && held?.track === wish.video ? held.why : '';
    const [audio, video] = [receivers.audio.receiver.track, receivers.video.receiver.track];
    return { audio, video, live, paused };
  }

  /**
   * Where the video of a tile arrives, for its statistics.
   *
   * @param {string} key
   * @returns {{receiver: RTCRtpReceiver, layer: string, limit: string} | null} `limit`: why no
   *   video, or no better one, comes, or ''
   */
  receiver(key) {
    const video = this._connection?.receivers[this._assignment.get(key) ?? -1]?.video;
    if (!video) return null;
    const mid = video.mid ?? '';
    const bound = this._bound.get(mid);
    const limit = this._paused.get(mid)?.why ?? bound?.limit ?? '';
    return { receiver: video.receiver, layer: bound?.layer ?? '', limit };
  }
}
