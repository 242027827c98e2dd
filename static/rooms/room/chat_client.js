import { Emitter } from '../common/emitter.js';
import { EMPTY_LOG, forget, receive, refuse, sending } from './chat.js';

/** Number of earlier lines that a newcomer gets. */
const HISTORY = 200;

/** The server answers in far less, but its processes may lose an answer. */
const ANSWER_WITHIN = 8000;

/**
 * Refusals after which the same line is sent again, and after how long. The server accepts five
 * lines a second.
 *
 * @type {Partial<Record<string, number>>}
 */
const AGAIN_AFTER = { too_fast: 300, busy: 2000 };

/** Number of lines that may wait for a server that is away. */
const MOST_PENDING = 100;

/** 128 random bits. `randomUUID` exists only on pages that came over https. */
export function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * @typedef {{lines: import('../common/types.js').ChatLine[], own: void}} Events
 *   `own`: the pending or refused lines have changed
 */

/**
 * Sends and receives the chat of a call. One line is in flight at a time. That keeps their order,
 * and sends them as fast as the server accepts them.
 *
 * @extends {Emitter<Events>}
 */
export class ChatClient extends Emitter {
  /**
   * @param {(message: {type: string} & Record<string, unknown>) => void} send drops messages while
   *   not connected
   */
  constructor(send) {
    super();
    this._send = send;
    this._started = false;
    this.log = EMPTY_LOG;
    /** Lines up to this number are older than this page. */
    this.history = 0;
    /** The nonce of the line in flight. */
    this._flying = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /**
   * The socket is connected, for the first time or again: fetch missed lines, send pending ones.
   *
   * @param {number} newest number of the newest line
   */
  connected(newest) {
    if (!this._started) {
      this.log = { ...this.log, last: Math.max(0, newest - HISTORY) };
      this.history = newest;
    }
    this._started = true;
    if (newest > this.log.last) this._send({ type: 'chat_since', number: this.log.last });
    this._fly();
  }

  /**
   * @param {string} text
   * @returns {boolean} false: too many lines wait already
   */
  say(text) {
    if (this.log.pending.size >= MOST_PENDING) return false;
    this.log = sending(this.log, newNonce(), text);
    this.emit('own', undefined);
    if (!this._flying) this._fly();
    return true;
  }

  /** Send the oldest pending line, and repeat it until there is an answer. */
  _fly() {
    clearTimeout(this._timer);
    const [next] = this.log.pending;
    this._flying = next ? next[0] : '';
    if (!next) return;
    this._send({ type: 'chat', nonce: next[0], text: next[1] });
    this._timer = setTimeout(() => this._fly(), ANSWER_WITHIN);
  }

  /** The call is over. */
  close() {
    clearTimeout(this._timer);
  }

  /**
   * The server refused a line.
   *
   * @param {string} nonce
   * @param {string} code
   * @param {string} why for people
   */
  refused(nonce, code, why) {
    const again = AGAIN_AFTER[code];
    if (again === undefined) {
      this.log = refuse(this.log, nonce, why);
      this.emit('own', undefined);
      if (nonce === this._flying) this._fly();
    } else if (nonce === this._flying) {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this._fly(), again);
    }
  }

  /**
   * Drop a refused line: it was put back into the field, or discarded.
   *
   * @param {string} nonce
   */
  forget(nonce) {
    this.log = forget(this.log, nonce);
    this.emit('own', undefined);
  }

  /**
   * @param {readonly import('../common/types.js').ChatLine[]} lines
   * @param {boolean} more the server has more
   * @param {number} [since] these are all lines after this number, in order, up to the last of them
   */
  receive(lines, more, since) {
    const { log, added, gap } = receive(this.log, lines, since);
    this.log = log;
    if (gap || more) this._send({ type: 'chat_since', number: log.last });
    if (added.length) this.emit('lines', added);
    this.emit('own', undefined);
    if (this._flying && !log.pending.has(this._flying)) this._fly();
  }
}
