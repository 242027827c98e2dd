import { text } from '../texts.js';
import { byId, find, make } from './dom.js';

/** Scrolled up by more than this, somebody is reading and is left alone. CSS pixels. */
const NEAR_END = 48;

/** Lines of one person within this time stand under one name. */
const SAME_BREATH = 5 * 60 * 1000;

/** @typedef {import('../types.js').ChatLine} ChatLine */

export class ChatPanel {
  /** @param {import('../chat_client.js').ChatClient} chat */
  constructor(chat) {
    this._list = byId('chat-lines', HTMLElement);
    this._panel = byId('chat', HTMLElement);
    this._badge = find('unread', HTMLElement);
    this._chat = chat;
    this._unread = 0;
    /** @type {ChatLine | null} */
    this._last = null;
    const field = byId('chat-text', HTMLInputElement);
    byId('chat-form', HTMLFormElement).onsubmit = (event) => {
      event.preventDefault();
      const words = field.value.trim();
      if (words) chat.say(words);
      field.value = '';
    };
    chat.on('lines', (lines) => this._add(lines));
    chat.on('pending', () => this._showPending(chat.log.pending));
  }

  /** The chat was opened: nothing is unread. */
  opened() {
    this._unread = 0;
    this._showUnread();
    this._list.scrollTop = this._list.scrollHeight;
  }

  /** @param {ChatLine[]} lines */
  _add(lines) {
    const atEnd = this._list.scrollHeight - this._list.scrollTop - this._list.clientHeight < NEAR_END;
    find('chat-empty', HTMLElement)?.remove();
    const pending = this._list.querySelector('.pending');
    for (const line of lines) {
      this._list.insertBefore(this._item(line), pending);
      this._last = line;
    }
    const fresh = lines.filter(({ number }) => number > this._chat.history);
    if (getComputedStyle(this._panel).visibility === 'hidden') this._unread += fresh.length;
    this._showUnread();
    if (atEnd) this._list.scrollTop = this._list.scrollHeight;
  }

  /** @param {ChatLine} line */
  _item(line) {
    const sent = new Date(line.sent);
    const time = make('time', '', sent.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = line.sent;
    const item = make('div', 'line', make('div', 'who', line.name, time), make('p', '', line.text));
    const last = this._last;
    const same = last?.participant === line.participant && last.name === line.name;
    item.classList.toggle('same', same && sent.getTime() - new Date(last.sent).getTime() < SAME_BREATH);
    return item;
  }

  /** @param {ReadonlyMap<string, string>} pending own lines that the server has not taken yet */
  _showPending(pending) {
    for (const item of this._list.querySelectorAll('.pending')) item.remove();
    for (const words of pending.values()) {
      const state = make('time', '', text('chat.unsent'));
      this._list.append(make('div', 'line pending quiet', make('p', '', words, state)));
    }
    if (pending.size) this._list.scrollTop = this._list.scrollHeight;
  }

  _showUnread() {
    if (!this._badge) return;
    this._badge.hidden = this._unread === 0;
    this._badge.textContent = String(this._unread);
  }
}
