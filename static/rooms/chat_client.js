import { EMPTY_LOG, receive, sending } from './chat.js';
import { Emitter } from './emitter.js';

/** A newcomer reads back this far. */
const HISTORY = 200;

/**
 * 128 random bits. Not `randomUUID`, which browsers keep for pages that came over https.
 */
export function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @typedef {{lines: import('./types.js').ChatLine[], pending: number}} Events */

/**
 * Sends and receives the chat of a call.
 *
 * @extends {Emitter<Events>}
 */
export class ChatClient extends Emitter {
  /** @param {(message: {type: string} & Record<string, unknown>) => void} send */
  constructor(send) {
    super();
    this._send = send;
    this._started = false;
    this.log = EMPTY_LOG;
    /** Lines up to this number were there before one came. */
    this.history = 0;
  }

  /**
   * The socket is there, for the first time or again: fetch what was missed, send what was not acknowledged.
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
    for (const [nonce, text] of this.log.pending) this._send({ type: 'chat', nonce, text });
  }

  /** @param {string} text */
  say(text) {
    const nonce = newNonce();
    this.log = sending(this.log, nonce, text);
    this._send({ type: 'chat', nonce, text });
    this.emit('pending', this.log.pending.size);
  }

  /**
   * @param {readonly import('./types.js').ChatLine[]} lines
   * @param {boolean} more the server has more of them
   */
  receive(lines, more) {
    const { log, added, gap } = receive(this.log, lines);
    this.log = log;
    if (gap || more) this._send({ type: 'chat_since', number: log.last });
    if (added.length) this.emit('lines', added);
    this.emit('pending', log.pending.size);
  }
}
