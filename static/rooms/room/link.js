import { Connection } from '../media/connection.js';
import { SOURCES } from '../media/sending.js';
import { Silence } from '../media/silence.js';
import { Ledger } from './reconcile.js';
import { Subscriptions } from './subscriptions.js';

/** From telling the worker that a track is muted to its word for it, and again. */
const MUTED_WITHIN = { within: 1500, longest: 10_000 };

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {import('./slots.js').Wish} Wish
 * @typedef {{
 *   config: import('../common/types.js').Config,
 *   local: import('../media/local_media.js').LocalMedia,
 *   signalling: import('./signalling.js').Signalling,
 *   givenUp: Set<string>,
 *   seen: (source: Source) => number,
 * }} Around what a link needs of the call; `givenUp` as in Connection, `seen` as in
 *   hosts/hosting.js
 */

/**
 * One connection of a call with its slots, and what its worker was told. During a move there are
 * two: only the newest one talks to its worker, over the only socket.
 */
export class Link {
  /**
   * @param {Around} around
   * @param {string} epoch of the room
   * @param {boolean} publish
   * @param {{pairs: number, voices: number}} size
   * @param {Link} [before]
   */
  constructor({ config, local, signalling, givenUp, seen }, epoch, publish, size, before) {
    this._local = local;
    this._signalling = signalling;
    this._seen = seen;
    this._ceiling = config.max_bitrate;
    this.epoch = epoch;
    const iceServers = config.ice_servers;
    this.connection = new Connection({ iceServers, publish, givenUp, ...size });
    this.slots = new Subscriptions(
      this.connection,
      (slots) => signalling.send({ type: 'slots', slots }),
      before?.slots,
    );
    /** @type {Ledger<Source>} */
    this._muted = new Ledger(MUTED_WITHIN);
    /** The socket over which the worker was told everything. */
    this._socket = signalling.number;
    /** Only another connection can do what is wanted, or the worker does not know this one. */
    this.unfit = false;
    /** Nothing arrives any more, although the browser calls it connected. */
    this.silent = false;
    /** @type {Silence | null} */
    this._silence = null;
    this.since = Infinity;
    this.covers = false;
    /** @type {ReadonlySet<string>} mids of slots in which something has arrived */
    this.flowing = new Set();
    this.connection.on('offer', (offer) => this._offer(offer));
    for (const source of SOURCES) void this.send(source);
    this.connection.negotiate();
  }

  get connected() {
    return this.connection.connected;
  }

  get fit() {
    return !this.unfit && !this.connection.stalled;
  }

  /** @param {{id: number, sdp: string, tracks: Record<string, Source>}} offer */
  _offer(offer) {
    const muted = Object.values(offer.tracks).filter((source) => !this._local.isOn(source));
    if (!this._signalling.send({ type: 'offer', ...offer, muted })) return;
    const now = performance.now();
    for (const source of Object.values(offer.tracks)) {
      // An offer does not start what a host holds; only `mute` does.
      if (this._seen(source)) continue;
      this._muted.tell(source, muted.includes(source), now);
    }
  }

  /**
   * Send what there is of a source.
   *
   * @param {Source} source
   */
  async send(source) {
    const quality = { mode: this._local.mode(source), ceiling: this._ceiling };
    await this.connection.send(source, this._local.sent(source), quality);
  }

  /**
   * Tell the worker what it does not know, or may have missed.
   *
   * @param {ReadonlyMap<Source, boolean>} confirmed what the room says of one's own tracks
   * @param {number} now milliseconds
   * @returns {boolean} the worker may have said something that was lost
   */
  look(confirmed, now) {
    const { connection, slots } = this;
    if (this._socket !== this._signalling.number) {
      // What was on its way over the previous socket is lost.
      this._socket = this._signalling.number;
      connection.renew();
      this._muted.doubt();
      slots.doubt();
    }
    if (!connection.negotiated) return false;
    if (connection.publish) this._tellMuted(confirmed, now);
    return slots.look(now);
  }

  /**
   * @param {ReadonlyMap<Source, boolean>} confirmed
   * @param {number} now
   */
  _tellMuted(confirmed, now) {
    const wanted = new Map(SOURCES.map((source) => [source, !this._local.isOn(source)]));
    const agrees = (/** @type {Source} */ source, /** @type {boolean} */ muted) => {
      // Nobody hears of a track before its first packet.
      const said = confirmed.get(source);
      return said === undefined ? null : said === muted;
    };
    for (const source of this._muted.due(wanted, agrees, now)) {
      const muted = wanted.get(source) ?? true;
      const number = muted ? 0 : this._seen(source);
      const message = { type: 'mute', source, muted, ...(number && { seen: number }) };
      if (!this._signalling.send(message)) return;
      this._muted.tell(source, muted, now);
    }
  }

  /**
   * Does something arrive for a wish, so that nothing is lost when it is shown from here?
   *
   * @param {Wish} wish
   */
  has(wish) {
    const arriving = this.slots.arriving(wish);
    const flows = (/** @type {import('./subscriptions.js').Arriving | undefined} */ slot) =>
      Boolean(slot?.bound && this.flowing.has(slot.mid));
    return { audio: flows(arriving?.audio), video: flows(arriving?.video) };
  }

  /**
   * Note whether anything still arrives.
   *
   * @param {boolean} doubtful only then: the server cannot tell that the worker is gone
   */
  async listen(doubtful) {
    if (!doubtful) {
      this._silence = null;
      this.silent = false;
      return;
    }
    this._silence ??= new Silence(performance.now());
    const silence = this._silence;
    const inflow = await this.connection.inflow();
    if (silence !== this._silence) return;
    this.silent = silence.note(inflow, this.slots.receives, performance.now());
  }

  close() {
    this.connection.close();
  }
}
