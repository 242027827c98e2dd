import { text } from '../../common/texts.js';
import { announce } from '../announce.js';
import { byId, showStage } from '../dom.js';

/** What is over within a second needs no words. */
const AFTER = 1000;

/** In these a person lets them in, so they last longer than a moment. */
const WAITING = new Set(['waiting', 'waiting_alone']);

/** In the lobby, while the page waits to get into the call. */
export class Queue {
  constructor() {
    this._queue = byId('queue', HTMLElement);
    this._words = byId('queue-text', HTMLElement);
    this._timer = 0;
    this._waited = false;
    // The devices stop with the page, and the lobby begins anew.
    byId('queue-cancel', HTMLButtonElement).onclick = () => location.reload();
  }

  /** @param {import('../../room/condition.js').Condition} condition why not yet; '': no longer */
  show(condition) {
    clearTimeout(this._timer);
    if (WAITING.has(condition)) this._open(condition);
    else if (condition) this._timer = setTimeout(() => this._open(condition), AFTER);
    else if (!this._queue.hidden) this._close();
  }

  /** @param {string} condition */
  _open(condition) {
    this._waited ||= WAITING.has(condition);
    const words = text(`queue.${condition}`);
    if (this._words.textContent !== words) this._words.textContent = words;
    if (!this._queue.hidden) return;
    this._queue.hidden = false;
    byId('lobby', HTMLElement).dataset.queue = 'yes';
    showStage('lobby');
    this._queue.focus();
  }

  _close() {
    this._queue.hidden = true;
    delete byId('lobby', HTMLElement).dataset.queue;
    showStage('call');
    if (this._waited) announce(text('queue.admitted'));
    byId('call-title', HTMLElement).focus();
  }
}
