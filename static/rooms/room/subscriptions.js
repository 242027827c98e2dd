import { Ledger } from './reconcile.js';
import { assign, pairCount, requests, voiceCount } from './slots.js';

/** From a wish to what the worker says about its slot, and again. */
const HEARD_WITHIN = { within: 5000, longest: 60_000 };

/** After so many tries, what the worker said may be lost, and not the wish. */
const ASK_AFTER = 2;

/**
 * Nothing confirms the size of a video. Some time after a change, everything is told once more, but
 * no more often than this.
 */
const TOLD_AGAIN_AFTER = 30_000;

/**
 * @typedef {import('./slots.js').Wish} Wish
 * @typedef {import('../common/types.js').SlotRequest} SlotRequest
 * @typedef {import('../media/connection.js').Connection} Connection
 * @typedef {{track: MediaStreamTrack, mid: string, bound: boolean}} Arriving `bound`: it is what
 *   was wished for
 */

/** The receive slots of one connection: what is wanted in them, and what the worker has said. */
export class Subscriptions {
  /**
   * @param {Connection} connection
   * @param {(slots: SlotRequest[]) => boolean} tell false: the worker cannot be told now
   * @param {Subscriptions} [before] those of the previous connection: everyone keeps their pair
   */
  constructor(connection, tell, before) {
    this._connection = connection;
    this._tell = tell;
    /** @type {readonly Wish[]} */
    this._wishes = before?._wishes ?? [];
    /** @type {Map<string, number>} */
    this._assignment = new Map(before?._assignment);
    /** @type {Ledger<string>} by mid */
    this._told = new Ledger(HEARD_WITHIN);
    /** @type {Map<string, {track: string, layer: string, limit: string}>} by mid */
    this._bound = new Map();
    /** @type {Map<string, {track: string, why: string}>} by mid */
    this._paused = new Map();
    this._againAt = Infinity;
  }

  /** @param {readonly Wish[]} wishes most wanted first */
  want(wishes) {
    this._wishes = wishes;
  }

  /**
   * Tell the worker what it does not know, or may have missed.
   *
   * @param {number} now milliseconds
   * @returns {boolean} it may have said something that was lost
   */
  look(now) {
    const { pairs, receivers, voices, voiceMids } = this._connection;
    const count = this._wishes.length;
    this._connection.grow(pairCount(count, receivers.length), voiceCount(count, voices.length));
    if (!pairs.length) return false; // nothing is answered yet
    this._assignment = assign(this._assignment, this._wishes, pairs.length);
    const wanted = requests(this._assignment, this._wishes, pairs, voiceMids);
    const values = new Map([...wanted].map(([mid, request]) => [mid, JSON.stringify(request)]));
    const again = now >= this._againAt;
    if (again) this.doubt();
    const due = this._told.due(values, (mid) => this._confirmed(wanted.get(mid)), now);
    const slots = due.flatMap((mid) => wanted.get(mid) ?? []);
    if (!slots.length || !this._tell(slots)) return false;
    for (const mid of due) this._told.tell(mid, values.get(mid) ?? '', now);
    // Nobody watches these now. If the worker says that one still carries something, it is told
    // again.
    for (const { mid, track } of slots) if (track === null) this._bound.delete(mid);
    const changed = !again && due.some((mid) => this._told.times(mid) === 1);
    if (changed && this._againAt === Infinity) this._againAt = now + TOLD_AGAIN_AFTER;
    return due.some((mid) => this._told.times(mid) > ASK_AFTER);
  }

  /** The worker may have missed everything. */
  doubt() {
    this._told.doubt();
    this._againAt = Infinity;
  }

  /**
   * Does the worker say what is wanted?
   *
   * @param {SlotRequest | undefined} request
   * @returns {boolean | null} null: it says nothing about such a slot
   */
  _confirmed(request) {
    if (!request || request.voices) return null;
    const { mid, track } = request;
    if (track === null) return !this._bound.has(mid);
    // Before the first wish, what was heard is about an earlier connection, and late.
    if (!this._told.times(mid)) return false;
    return (this._bound.get(mid) ?? this._paused.get(mid))?.track === track;
  }

  /** Does the worker send anything? */
  get receives() {
    return this._bound.size > 0;
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

  /** @param {string} key of a wish */
  _receivers(key) {
    return this._connection.receivers[this._assignment.get(key) ?? -1];
  }

  /** Tracks for the voices of people without a pair. They stay the same, whoever speaks. */
  get voices() {
    return this._connection.voices.map(({ receiver }) => receiver.track);
  }

  /**
   * What arrives for a wish.
   *
   * @param {Wish} wish
   * @returns {{audio: Arriving, video: Arriving, paused: string} | null} `paused`: why no video
   *   comes, or ''
   */
  arriving(wish) {
    const receivers = this._receivers(wish.key);
    if (!receivers) return null;
    const of = (/** @type {RTCRtpTransceiver} */ { mid, receiver }, /** @type {any} */ wanted) => {
      const bound = wanted !== null && this._bound.get(mid ?? '')?.track === wanted;
      return { track: receiver.track, mid: mid ?? '', bound };
    };
    const held = this._paused.get(receivers.video.mid ?? '');
    const paused = wish.video !== null && held?.track === wish.video ? held.why : '';
    const [audio, video] = [of(receivers.audio, wish.audio), of(receivers.video, wish.video)];
    return { audio, video, paused };
  }

  /**
   * Where the video of a tile arrives, for its statistics.
   *
   * @param {string} key
   * @returns {{receiver: RTCRtpReceiver, layer: string, limit: string} | null} `limit`: why no
   *   video, or no better one, comes, or ''
   */
  receiver(key) {
    const video = this._receivers(key)?.video;
    if (!video) return null;
    const mid = video.mid ?? '';
    const bound = this._bound.get(mid);
    const limit = this._paused.get(mid)?.why ?? bound?.limit ?? '';
    return { receiver: video.receiver, layer: bound?.layer ?? '', limit };
  }
}
