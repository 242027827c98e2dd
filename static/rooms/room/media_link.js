import { delay } from '../common/backoff.js';
import { Emitter } from '../common/emitter.js';
import { SendLimits } from '../media/send_limits.js';
import { Link } from './link.js';
import { Reception } from './reception.js';
import { plan } from './reconcile.js';
import { SILENT_AFTER } from './signalling.js';

/** How often wish and confirmation are compared if nothing happens. */
const LOOK_EVERY = 500;

/** The same while one connection takes over from another. */
const CROSS_EVERY = 100;

/** Wishes must stay the same for this long before the worker is told. */
const SETTLE = 100;

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {import('../media/send_limits.js').Picture} Picture
 * @typedef {{
 *   changed: void,
 *   needed: void,
 * }} Events `needed`: a room_state, because something may have been lost
 */

/**
 * This page's media in a call: the connection to the worker, what it sends and the slots in which
 * it receives. Joining and recovering are the same code: `look` compares what is wanted with what
 * was confirmed, and acts on the difference.
 *
 * @extends {Emitter<Events>}
 */
export class MediaLink extends Emitter {
  /**
   * @param {import('../common/types.js').Config} config
   * @param {import('../media/local_media.js').LocalMedia} local
   * @param {import('./signalling.js').Signalling} signalling
   * @param {(source: Source) => number} seen as in hosts/hosting.js
   */
  constructor(config, local, signalling, seen) {
    super();
    this._local = local;
    this._signalling = signalling;
    /** @type {import('./link.js').Around} `givenUp` outlives a connection */
    this._around = { config, local, signalling, givenUp: new Set(), seen };
    /** May this page send? */
    this.publish = config.publish;
    /** @type {Link[]} oldest first; at most two */
    this._links = [];
    /** Of the room, as the last room_state says; '': it is not confirmed now. */
    this._epoch = '';
    /** @type {ReadonlyMap<Source, boolean>} what the room says of one's own tracks: muted? */
    this._own = new Map();
    this.failures = 0;
    /** Has any connection ever been connected? */
    this.reached = false;
    /** The epoch for which a connection was connected last. */
    this._served = '';
    /** The epoch for which one was opened last, and when the next may be. */
    this._tried = '';
    this._openAt = -Infinity;
    this._closed = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
    this._soon = 0;
    this.subscriptions = new Reception(this._links, () => this._later());
    this.limits = new SendLimits(this._pictures(), () => this._changed());
    local.on('changed', (source) => void this._publishSource(source));
  }

  start() {
    this.limits.start();
    this._timer = setInterval(() => this.look(), LOOK_EVERY);
  }

  /** @returns {ConstructorParameters<typeof SendLimits>[0]} */
  _pictures() {
    return {
      isOn: (picture) => this._local.isOn(picture),
      statistics: (picture) => this.sentStatistics(picture),
      // An effect costs more than a codec.
      relieve: async (picture) =>
        this._local.relieve() || ((await this._serving?.connection.relieve(picture)) ?? false),
    };
  }

  /** The newest connection: what the worker says is about it. */
  get _newest() {
    return this._links.at(-1);
  }

  /** The connection over which media flows. */
  get _serving() {
    return this._links.findLast(({ connected }) => connected) ?? this._newest;
  }

  /** Does media flow over any connection? */
  get alive() {
    return this._links.some(({ connected, silent }) => connected && !silent);
  }

  /** Is the call on its way to another worker? */
  get moving() {
    return this._served !== '' && this._epoch !== '' && this._served !== this._epoch;
  }

  // What is wanted, and what was confirmed

  /**
   * A room_state has come: this is where the call is now.
   *
   * @param {import('./state/room_state.js').RoomState} room
   * @param {boolean} resumed does the worker know a connection of this page?
   */
  follow(room, resumed) {
    this._epoch = room.epoch;
    // After a failure there is a pause, unless it is another worker.
    if (room.epoch !== this._tried) this._openAt = -Infinity;
    const newest = this._newest;
    if (newest?.connection.negotiated && newest.epoch === room.epoch) newest.unfit ||= !resumed;
    this.heard(room);
    this.look();
  }

  /**
   * What the worker says of one's own tracks.
   *
   * @param {import('./state/room_state.js').RoomState} room
   */
  heard({ you, tracks }) {
    const mine = [...tracks.values()].filter(({ participant }) => participant === you);
    this._own = new Map(mine.map(({ source, muted }) => [source, muted]));
  }

  /** The worker or the server may be gone. Until the next room_state nothing is opened. */
  doubt() {
    this._epoch = '';
  }

  /**
   * What this page may do has changed. Whoever may send less stops at once.
   *
   * @param {boolean} publish
   */
  allow(publish) {
    if (publish === this.publish) return;
    this.publish = publish;
    if (!publish) this._local.stop();
    for (const link of this._links) link.unfit ||= !link.connection.allow(publish);
    this.look();
  }

  /** Compare, and act on the difference. */
  look() {
    if (this._closed) return;
    const now = performance.now();
    for (const link of this._links) void this._listen(link);
    const { close, open } = plan(this._links, this._epoch, now);
    for (const link of close) this._drop(link);
    if (open && now >= this._openAt && this._signalling.connected) this._open();
    if (this._newest?.epoch !== this._epoch) return;
    if (this._newest.look(this._own, now)) this.emit('needed', undefined);
  }

  /** @param {Link} link */
  async _listen(link) {
    const before = link.silent;
    await link.listen(!this._signalling.connected);
    if (link.silent !== before) this.emit('changed', undefined);
  }

  _later() {
    clearTimeout(this._soon);
    this._soon = setTimeout(() => this.look(), SETTLE);
  }

  // Connections

  _open() {
    const before = this._newest;
    const { size } = this.subscriptions;
    const link = new Link(this._around, this._epoch, this.publish, size, before);
    link.slots.want(this.subscriptions.wishes);
    this._links.push(link);
    this._tried = this._epoch;
    const { connection } = link;
    connection.on('answered', () => {
      this.look();
      this._changed();
    });
    connection.on('unanswered', (offers) => {
      if (offers >= SILENT_AFTER && this._signalling.connected) this._signalling.reopen();
    });
    connection.on('failed', () => this._failed(link));
    connection.on('disconnected', () => this._changed());
    connection.on('stalled', () => this._ask());
    connection.on('connected', () => this._connected(link));
    if (before) void this._cross(link);
    this._changed();
  }

  /** @param {Link} link */
  _connected(link) {
    link.since = Math.min(link.since, performance.now());
    this._served = link.epoch;
    this.failures = 0;
    this.reached = true;
    this._changed();
  }

  /**
   * See what arrives over a new connection, until it has taken over.
   *
   * @param {Link} link
   */
  async _cross(link) {
    while (this._links.length > 1 && this._newest === link) {
      await new Promise((resolve) => setTimeout(resolve, CROSS_EVERY));
      if (!link.connected) continue;
      link.flowing = await link.connection.flowing().catch(() => new Set());
      link.covers = this.subscriptions.covers(link);
      this._changed();
    }
  }

  /** @param {Link} link */
  _drop(link) {
    const at = this._links.indexOf(link);
    if (at >= 0) this._links.splice(at, 1);
    link.close();
    this._changed();
  }

  /** @param {Link} link that has failed */
  _failed(link) {
    const newest = link === this._newest;
    this._drop(link);
    if (newest) this._pause();
  }

  /** The worker has refused the offer of the newest connection. */
  refused() {
    if (!this._newest) return;
    this._drop(this._newest);
    this._pause();
  }

  _pause() {
    const pause = delay(this.failures, Math.random());
    this.failures += 1;
    this._openAt = performance.now() + pause;
    setTimeout(() => this._ask(), pause);
    this._changed();
  }

  /** Another connection is needed. The room_state tells where, or that the worker is gone. */
  _ask() {
    if (this._closed) return;
    if (this._signalling.connected) this.emit('needed', undefined);
  }

  /** The call is over. */
  close() {
    this._closed = true;
    clearInterval(this._timer);
    clearTimeout(this._soon);
    this.limits.stop();
    this._local.stop();
    for (const link of [...this._links]) this._drop(link);
  }

  // What the worker says

  /** @param {import('../common/types.js').Answer} answer */
  accept(answer) {
    void this._newest?.connection.accept(answer);
  }

  /** @param {import('../common/types.js').LayersWanted} event */
  want(event) {
    void this._newest?.connection.want(event);
  }

  /** @param {import('../common/types.js').CodecsCommon} event */
  common(event) {
    void this._newest?.connection.common(event);
  }

  /** @param {import('../common/types.js').SlotBound} event */
  bound(event) {
    this._newest?.slots.bound(event);
    this._changed();
  }

  /** @param {import('../common/types.js').SlotPaused} event */
  paused(event) {
    this._newest?.slots.paused(event);
    this._changed();
  }

  // One's own tracks

  /**
   * What getStats says about a video that this page sends.
   *
   * @param {Picture} picture
   */
  async sentStatistics(picture) {
    return this._serving?.connection.statistics(picture);
  }

  /** @param {Source} source */
  async _publishSource(source) {
    if (this._closed || !this.publish) {
      // The device started when the call was over, or after this person lost the right to send.
      if (this._local.track(source)) this._local.put(source, null);
    } else {
      await Promise.all(this._links.map((link) => link.send(source)));
      this.look();
    }
    this._changed();
  }

  /** Something that is shown, or that must be told, may be another now. */
  _changed() {
    this.emit('changed', undefined);
    this._later();
  }
}
