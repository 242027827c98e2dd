import { text } from '../../common/texts.js';
import { find, make } from '../dom.js';

/**
 * Counts the messages that came while the chat was out of sight, at its tab and in the page's
 * title, and marks where they begin.
 */
export class Unread {
  /**
   * @param {HTMLElement} panel
   * @param {() => void} seen called when the chat comes into sight
   */
  constructor(panel, seen) {
    this._panel = panel;
    this._badge = find('unread', HTMLElement);
    this._title = document.title;
    this._count = 0;
    this._divider = make('div', 'new-line', make('span', '', text('chat.new')));
    this._divider.setAttribute('role', 'separator');
    this._divider.setAttribute('aria-label', text('chat.new_from_here'));
    /** The divider stands where the unread messages begin. */
    this._marked = false;
    const look = () => this.inView() && seen();
    document.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
  }

  /** Is the panel shown? */
  get hidden() {
    return getComputedStyle(this._panel).visibility === 'hidden';
  }

  /** Does this person see the chat, as far as the browser can say? */
  inView() {
    return !this.hidden && document.visibilityState === 'visible' && document.hasFocus();
  }

  /** @param {number} count messages of others that have come out of sight */
  add(count) {
    this._count += count;
    this._show();
  }

  /** @param {HTMLElement} item the first message that was not seen */
  mark(item) {
    if (this._marked) return;
    this._marked = true;
    item.before(this._divider);
  }

  /** Everything was seen. The divider stays until new messages come unseen. */
  clear() {
    this._count = 0;
    this._marked = false;
    this._show();
  }

  /** Whoever writes has read. */
  unmark() {
    this._marked = false;
    this._divider.remove();
  }

  /** The call is over. */
  close() {
    this.clear();
  }

  _show() {
    document.title = this._count ? `(${this._count}) ${this._title}` : this._title;
    if (!this._badge) return;
    this._badge.hidden = this._count === 0;
    this._badge.textContent = String(this._count);
  }
}
