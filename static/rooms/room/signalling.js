import { Asking } from '../common/asking.js';
import { delay } from '../common/backoff.js';
import { Emitter } from '../common/emitter.js';

/** Close codes after which it is pointless to reconnect (docs/protocol.md). */
const FINAL = new Set([1000, 4401, 4403]);

/** The server cannot let this page in now; the error before it says why. */
const TRY_AGAIN = 4503;

const RENEW_EVERY = 5 * 60 * 1000;

/** From `renew` to the new pass. */
const RENEW_WITHIN = { within: 10_000 };

/** After so many unanswered questions in a row, assume that the socket only looks open. */
export const SILENT_AFTER = 3;

/** A server that does not open a socket within this time is treated as gone. */
const OPEN_WITHIN = 10_000;

/**
 * The same for one that neither welcomes nor closes an open socket. It closes by itself 10 s after
 * it has asked the worker. A page that gave up before that might never get in while joins are slow.
 */
const WELCOME_WITHIN = 15_000;

/**
 * @typedef {{
 *   message: import('../common/types.js').ServerMessage,
 *   lost: {reason: string},
 *   ended: {code: number, reason: string, message: string},
 * }} Events `reason` and `message`: code and text of the error before the end; '' if there was none
 */

/**
 * The WebSocket to the web side. It reconnects by itself, as the same participant. Messages are
 * dropped while it is away, because every sender looks at the state again after `welcome`.
 *
 * @extends {Emitter<Events>}
 */
export class Signalling extends Emitter {
  /**
   * @param {string} url
   * @param {string} pass
   */
  constructor(url, pass) {
    super();
    this._url = url;
    this._pass = pass;
    this._name = '';
    /** @type {string | null} */
    this._resume = null;
    /** @type {WebSocket | null} */
    this._socket = null;
    this._attempt = 0;
    this._welcomed = false;
    /** How many sockets were opened: the server may notice late that an earlier one is dead. */
    this._opened = 0;
    /** How many sockets were welcomed: what was sent over an earlier one may be lost. */
    this.number = 0;
    this._leaving = false;
    this._refusal = { reason: '', message: '' };
    this._timer = 0;
    this._renewal = 0;
    this._renewing = new Asking((attempt) => this._renew(attempt), RENEW_WITHIN);
    // A socket says nothing for a minute when the network is gone. If the server can be reached all
    // the same, as on a local network, the next socket is there at once.
    this._lookAgain = () => this.reopen();
    this._retryNow = () => {
      if (!this._socket && !this._leaving) this._open();
    };
  }

  /** @param {string} name */
  join(name) {
    this._name = name;
    globalThis.addEventListener('online', this._retryNow);
    globalThis.addEventListener('offline', this._lookAgain);
    this._open();
  }

  /**
   * @param {{type: string} & Record<string, unknown>} message
   * @returns {boolean} false: nothing can be sent now
   */
  send(message) {
    if (this.connected) this._socket?.send(JSON.stringify(message));
    return this.connected;
  }

  get connected() {
    return this._welcomed && this._socket?.readyState === WebSocket.OPEN;
  }

  /** Leave for good. */
  leave() {
    this.send({ type: 'leave' });
    this._stop();
    this._socket?.close(1000);
  }

  /**
   * Reconnect on another socket, as the same participant. The old one may be dead, so this does not
   * wait for its close.
   */
  reopen() {
    const socket = this._socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(4000);
    this._closed(4000);
  }

  /** @param {number} attempt */
  _renew(attempt) {
    if (attempt < 2) this.send({ type: 'renew' });
    else this.reopen();
  }

  _open() {
    clearTimeout(this._timer);
    const socket = new WebSocket(this._url);
    this._socket = socket;
    this._opened += 1;
    const number = this._opened;
    this._refusal = { reason: '', message: '' };
    this._timer = setTimeout(() => this.reopen(), OPEN_WITHIN);
    socket.onopen = () => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => this.reopen(), WELCOME_WITHIN);
      const { _pass: pass, _name: name, _resume: resume } = this;
      socket.send(JSON.stringify({ type: 'join', pass, name, resume, socket: number }));
    };
    socket.onmessage = (event) => this._receive(JSON.parse(event.data));
    socket.onclose = (event) => this._closed(event.code);
  }

  /** @param {import('../common/types.js').ServerMessage} message */
  _receive(message) {
    if (this._leaving) return;
    if (message.type === 'welcome') this._welcome(message);
    // A host lets them in, and may take as long as they like.
    if (message.type === 'waiting') clearTimeout(this._timer);
    if (message.type === 'pass') this._renewed(message);
    if (message.type === 'error') {
      this._refusal = { reason: message.code, message: message.message };
    }
    this.emit('message', message);
  }

  /** @param {import('../common/types.js').PassEvent} message */
  _renewed({ pass, resume }) {
    this._renewing.settle();
    this._pass = pass;
    this._resume = resume;
  }

  /** @param {import('../common/types.js').Welcome} message */
  _welcome(message) {
    clearTimeout(this._timer);
    this._welcomed = true;
    this.number += 1;
    this._attempt = 0;
    this._resume = message.resume;
    clearInterval(this._renewal);
    this._renewal = setInterval(() => this._renewing.begin(), RENEW_EVERY);
  }

  /** @param {number} code */
  _closed(code) {
    clearTimeout(this._timer);
    clearInterval(this._renewal);
    this._renewing.settle();
    this._socket = null;
    this._welcomed = false;
    if (this._leaving) return;
    if (FINAL.has(code)) {
      this._stop();
      this.emit('ended', { code, ...this._refusal });
      return;
    }
    this.emit('lost', { reason: code === TRY_AGAIN ? this._refusal.reason : '' });
    this._timer = setTimeout(this._retryNow, delay(this._attempt, Math.random()));
    this._attempt += 1;
  }

  _stop() {
    this._leaving = true;
    clearTimeout(this._timer);
    clearInterval(this._renewal);
    this._renewing.settle();
    globalThis.removeEventListener('online', this._retryNow);
    globalThis.removeEventListener('offline', this._lookAgain);
  }
}
