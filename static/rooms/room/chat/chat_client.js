import { Emitter } from '../../common/emitter.js';
import { changedUntil, EMPTY_LOG, forget, lineOf, receive, refuse, sending } from './chat.js';
import { ChatChanges } from './chat_changes.js';

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
 * @typedef {import('../../common/types.js').ChatLine} ChatLine
 * @typedef {import('../../common/types.js').ChatLines} ChatLines
 * @typedef {{lines: ChatLine[], changed: ChatLine[], own: void}} Events `changed`: lines that were
 *   there, as they are now, or own changes of them; `own`: pending or refused lines have changed
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
    this.changes = new ChatChanges(send);
    /** @type {{number: number, take: (page: ChatLines | null) => void} | null} */
    this._reading = null;
    /** The nonce of the line in flight. */
    this._flying = '';
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /**
   * The socket is connected, for the first time or again: fetch missed lines, send pending ones.
   *
   * @param {number} newest number of the newest line
   * @param {number} [change] number of the newest change
   */
  connected(newest, change = 0) {
    if (!this._started) {
      this.log = { ...this.log, last: Math.max(0, newest - HISTORY), change };
      this.history = newest;
    }
    this._started = true;
    this._page(null);
    if (newest > this.log.last || change > this.log.change) this._ask();
    this._fly();
    this.changes.fly();
  }

  /** Ask for what this page has missed. */
  _ask() {
    const { last, change } = this.log;
    this._send({ type: 'chat_since', number: last, change });
  }

  /**
   * @param {string} text
   * @param {number | null} [reply] number of the line that this one answers
   * @returns {boolean} false: too many lines wait already
   */
  say(text, reply = null) {
    if (this.log.pending.size >= MOST_PENDING) return false;
    this.log = sending(this.log, newNonce(), text, reply);
    this.emit('own', undefined);
    if (!this._flying) this._fly();
    return true;
  }

  /**
   * Change the text of a line, or delete it with null.
   *
   * @param {number} number
   * @param {string | null} text
   * @returns {boolean} false: it was deleted
   */
  change(number, text) {
    const line = lineOf(this.log.lines, number);
    if (!line || line.deleted) return false;
    if (line.text === text) return true;
    this.changes.ask(line, text);
    this.emit('changed', [line]);
    return true;
  }

  /** @param {number | null} number */
  lineOf(number) {
    return number === null ? undefined : lineOf(this.log.lines, number);
  }

  /**
   * The server refused a change of a line.
   *
   * @param {number} number
   * @param {string} code
   * @param {string} why for people
   */
  changeRefused(number, code, why) {
    this.changes.refused(number, code, why);
    this._told(number);
  }

  /** @param {number} number a refused change is edited again, or discarded */
  forgetChange(number) {
    this.changes.forget(number);
    this._told(number);
  }

  /** @param {number} number */
  _told(number) {
    const line = lineOf(this.log.lines, number);
    if (line) this.emit('changed', [line]);
  }

  /** Send the oldest pending line, and repeat it until there is an answer. */
  _fly() {
    clearTimeout(this._timer);
    const [next] = this.log.pending;
    this._flying = next ? next[0] : '';
    if (!next) return;
    const [nonce, { text, reply }] = next;
    this._send({ type: 'chat', nonce, text, reply_to: reply });
    this._timer = setTimeout(() => this._fly(), ANSWER_WITHIN);
  }

  /** The call is over. */
  close() {
    clearTimeout(this._timer);
    this.changes.close();
    this._page(null);
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

  /** @param {ChatLine} line new, or changed */
  line(line) {
    this._receive([line], false);
  }

  /** @param {ChatLines} message */
  lines(message) {
    const { lines, more, since, since_change: from, changed, change } = message;
    if (this._reading?.number === since && from === null) return this._page(message);
    this._receive([...changed, ...lines], more, since);
    if (from !== null && from <= this.log.change) this.log = changedUntil(this.log, change);
    if (more) this._ask();
  }

  /**
   * @param {readonly ChatLine[]} arrived
   * @param {boolean} more the server is asked for more anyway
   * @param {number} [since] these are all lines after this number, in order, up to the last of them
   */
  _receive(arrived, more, since) {
    const { log, added, changed, gap } = receive(this.log, arrived, since);
    this.log = log;
    this.changes.settle(arrived);
    if (gap && !more) this._ask();
    if (added.length) this.emit('lines', added);
    if (changed.length) this.emit('changed', changed);
    this.emit('own', undefined);
    if (this._flying && !log.pending.has(this._flying)) this._fly();
  }

  /**
   * All lines that this person may read, from the server. It holds up nothing else.
   *
   * @returns {Promise<ChatLine[] | null>} null: there was no answer
   */
  async all() {
    /** @type {ChatLine[]} */
    const found = [];
    for (;;) {
      const page = await this._read(found.at(-1)?.number ?? 0);
      if (!page) return null;
      found.push(...page.lines);
      if (!page.more || !page.lines.length) return found;
    }
  }

  /**
   * @param {number} number
   * @returns {Promise<ChatLines | null>}
   */
  _read(number) {
    this._page(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this._page(null), ANSWER_WITHIN);
      const take = (/** @type {ChatLines | null} */ page) => {
        clearTimeout(timer);
        resolve(page);
      };
      this._reading = { number, take };
      this._send({ type: 'chat_since', number, change: null });
    });
  }

  /** @param {ChatLines | null} page the answer to `_read`; null: none will come */
  _page(page) {
    const reading = this._reading;
    this._reading = null;
    reading?.take(page);
  }
}
