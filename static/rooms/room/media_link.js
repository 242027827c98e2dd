import { delay } from '../common/backoff.js';
import { Emitter } from '../common/emitter.js';
import { Connection } from '../media/connection.js';
import { SendLimits } from '../media/send_limits.js';
import { SOURCES } from '../media/sending.js';
import { SILENT_AFTER } from './signalling.js';
import { Subscriptions } from './subscriptions.js';

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {import('../media/send_limits.js').Picture} Picture
 * @typedef {{
 *   media: 'connecting' | 'connected' | 'failed' | 'blocked',
 *   changed: void,
 *   needed: void,
 * }} Events `blocked`: failed more than once, never connected; `needed`: a room_state, with which a
 *   new connection begins
 */

/**
 * This page's media in a call: the connection to the worker, what it sends and the slots in which
 * it receives. Joining and recovering are the same code.
 *
 * @extends {Emitter<Events>}
 */
export class MediaLink extends Emitter {
  /**
   * @param {import('../common/types.js').Config} config
   * @param {import('../media/local_media.js').LocalMedia} local
   * @param {import('./signalling.js').Signalling} signalling
   */
  constructor(config, local, signalling) {
    super();
    this._config = config;
    this._local = local;
    this._signalling = signalling;
    /** May this page send? */
    this.publish = config.publish;
    /** @type {Connection | null} */
    this._connection = null;
    this._epoch = '';
    this._failures = 0;
    this._reached = false;
    this._closed = false;
    this._timer = 0;
    /** @type {Set<string>} names of the codecs that this computer cannot afford */
    this._givenUp = new Set();
    this.subscriptions = new Subscriptions((slots) => this._tell({ type: 'slots', slots }));
    this.limits = new SendLimits(this._pictures(), () => this._changed());
    local.on('changed', (source) => void this._publishSource(source));
  }

  /** @returns {ConstructorParameters<typeof SendLimits>[0]} */
  _pictures() {
    return {
      isOn: (picture) => this._local.isOn(picture),
      statistics: (picture) => this.sentStatistics(picture),
      relieve: async (picture) => (await this._connection?.relieve(picture)) ?? false,
    };
  }

  /** Has the worker ever answered the current connection? */
  get negotiated() {
    return this._connection?.negotiated ?? false;
  }

  /**
   * Is there a connection to the room of this epoch?
   *
   * @param {string} epoch
   */
  isIn(epoch) {
    return this._connection !== null && this._epoch === epoch;
  }

  /**
   * What this page may do has changed. A connection offers to send or it does not, so a new one
   * replaces it.
   *
   * @param {boolean} publish
   */
  allow(publish) {
    if (publish === this.publish) return;
    this.publish = publish;
    if (!publish) this._local.stop();
    if (this._connection) this.connect(this._epoch);
  }

  /** @param {string} epoch of the room */
  connect(epoch) {
    this.drop();
    const { ice_servers: iceServers } = this._config;
    const { publish, _givenUp: givenUp } = this;
    const { size } = this.subscriptions;
    const connection = new Connection({ iceServers, publish, givenUp, ...size });
    this._connection = connection;
    this._epoch = epoch;
    connection.on('offer', (offer) => this._tell({ type: 'offer', ...offer }));
    connection.on('answered', () => this.repeat());
    connection.on('unanswered', (offers) => {
      if (offers >= SILENT_AFTER && this._signalling.connected) this._signalling.reopen();
    });
    connection.on('failed', () => this.failed());
    connection.on('connected', () => {
      this._failures = 0;
      this._reached = true;
      this.emit('media', 'connected');
    });
    this.subscriptions.use(connection);
    for (const source of SOURCES) void this._send(source);
    connection.negotiate();
  }

  /** Close the connection. The next room_state begins another one. */
  drop() {
    this._letGo();
    this.emit('media', 'connecting');
  }

  /** The call is over. */
  close() {
    this._closed = true;
    this.limits.stop();
    this._local.stop();
    this._letGo();
  }

  _letGo() {
    clearTimeout(this._timer);
    this._connection?.close();
    this._connection = null;
    this.subscriptions.use(null);
  }

  /** The connection has failed, or the worker has refused its offer. */
  failed() {
    this.drop();
    this.emit('media', this._reached || this._failures === 0 ? 'failed' : 'blocked');
    // Without a socket, the room_state after the next welcome begins the connection.
    this._timer = setTimeout(() => {
      if (this._signalling.connected && !this._connection) this.emit('needed', undefined);
    }, delay(this._failures, Math.random()));
    this._failures += 1;
  }

  /** Tell the worker again what it must know about this page. */
  repeat() {
    if (!this.negotiated) return;
    if (this.publish) for (const source of SOURCES) this._tellMuted(source);
    this.subscriptions.flush({ all: true });
    this._changed();
  }

  /** The answer to an open offer is lost. */
  renew() {
    this._connection?.renew();
  }

  /** @param {import('../common/types.js').Answer} answer */
  accept(answer) {
    void this._connection?.accept(answer);
  }

  /** @param {import('../common/types.js').LayersWanted} event */
  want(event) {
    void this._connection?.want(event);
  }

  /** @param {import('../common/types.js').CodecsCommon} event */
  common(event) {
    void this._connection?.common(event);
  }

  /**
   * What getStats says about a video that this page sends.
   *
   * @param {Picture} picture
   */
  async sentStatistics(picture) {
    return this._connection?.statistics(picture);
  }

  /** @param {Source} source */
  async _publishSource(source) {
    this._changed();
    if (this._closed || !this.publish) {
      // The device started when the call was over, or after this person lost the right to send.
      if (this._local.track(source)) this._local.put(source, null);
      return;
    }
    await this._send(source);
    if (this.negotiated) this._tellMuted(source);
  }

  /** @param {Source} source */
  async _send(source) {
    const quality = { mode: this._local.mode(source), ceiling: this._config.max_bitrate };
    await this._connection?.send(source, this._local.track(source), quality);
  }

  /** @param {Source} source */
  _tellMuted(source) {
    this._tell({ type: 'mute', source, muted: !this._local.isOn(source) });
  }

  /**
   * @param {{type: string} & Record<string, unknown>} message
   * @returns {boolean} false: the worker cannot be told now
   */
  _tell(message) {
    return this._signalling.send(message);
  }

  _changed() {
    this.emit('changed', undefined);
  }
}
