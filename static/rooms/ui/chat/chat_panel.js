import { text } from '../../common/texts.js';
import { byId, find, make } from '../dom.js';
import { linked } from '../linked.js';
import { ChatField } from './chat_field.js';

/** Scrolled up by more than this, the person reads, and the log does not move. CSS pixels. */
const NEAR_END = 48;

/** A person's lines within this time are shown under one name. Milliseconds. */
const SAME_BREATH = 5 * 60 * 1000;

/** @typedef {import('../../common/types.js').ChatLine} ChatLine */

export class ChatPanel {
  /**
   * @param {import('../../room/chat_client.js').ChatClient} chat
   * @param {number} limit characters of a line
   */
  constructor(chat, limit) {
    this._list = byId('chat-lines', HTMLElement);
    this._panel = byId('chat', HTMLElement);
    this._badge = find('unread', HTMLElement);
    this._new = byId('chat-new', HTMLButtonElement);
    this._chat = chat;
    this._unread = 0;
    /** Number of lines that came while the person was scrolled up. */
    this._below = 0;
    this._following = true;
    /** @type {ChatLine | null} */
    this._last = null;
    /** @type {Map<string, HTMLElement>} own pending and refused lines, by state and nonce */
    this._own = new Map();
    this._field = new ChatField(limit, (words) => this._say(words));
    this._list.onscroll = () => this._scrolled();
    this._new.onclick = () => {
      this._toEnd();
      this._list.focus();
    };
    // The panel's height changes, for example when an on-screen keyboard opens.
    new ResizeObserver(() => this._following && this._toEnd()).observe(this._list);
    chat.on('lines', (lines) => this._add(lines));
    chat.on('own', () => this._showOwn());
  }

  /** The chat was opened: nothing is unread. */
  opened() {
    this._unread = 0;
    this._showUnread();
    this._toEnd();
  }

  /** @param {string} words */
  _say(words) {
    const taken = this._chat.say(words);
    if (taken) this._toEnd();
    return taken;
  }

  _hidden() {
    return getComputedStyle(this._panel).visibility === 'hidden';
  }

  _scrolled() {
    if (this._hidden()) return;
    const { scrollHeight, scrollTop, clientHeight } = this._list;
    this._following = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this._following) this._below = 0;
    this._showBelow();
  }

  _toEnd() {
    this._following = true;
    this._below = 0;
    this._showBelow();
    this._list.scrollTop = this._list.scrollHeight;
  }

  /** @param {ChatLine[]} lines */
  _add(lines) {
    find('chat-empty', HTMLElement)?.remove();
    const own = this._list.querySelector('.own');
    for (const line of lines) {
      this._list.insertBefore(this._item(line), own);
      this._last = line;
    }
    const fresh = lines.filter(({ number }) => number > this._chat.history);
    if (this._hidden()) this._unread += fresh.length;
    this._showUnread();
    if (this._following) return this._toEnd();
    this._below += fresh.length;
    this._showBelow();
  }

  /** @param {ChatLine} line */
  _item(line) {
    const sent = new Date(line.sent);
    const clock = sent.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
    const time = make('time', '', clock);
    time.dateTime = line.sent;
    const who = make('div', 'who', make('bdi', '', line.name), time);
    const item = make('div', 'line', who, words(...linked(line.text)));
    const last = this._last;
    const same = last?.participant === line.participant && last.name === line.name;
    const soon = same && sent.getTime() - new Date(last.sent).getTime() < SAME_BREATH;
    item.classList.toggle('same', soon);
    return item;
  }

  /** Show own lines that the server has not accepted yet, or has refused. */
  _showOwn() {
    const { pending, refused } = this._chat.log;
    /** @type {Map<string, () => HTMLElement>} */
    const wanted = new Map();
    for (const [nonce, line] of refused) {
      wanted.set(`refused ${nonce}`, () => this._refused(nonce, line));
    }
    for (const [nonce, { text: line }] of pending) {
      wanted.set(`pending ${nonce}`, () => pendingItem(line));
    }
    const changed = [...wanted.keys()].join() !== [...this._own.keys()].join();
    if (!changed) return;
    find('chat-empty', HTMLElement)?.remove();
    for (const [key, item] of this._own) if (!wanted.has(key)) item.remove();
    this._own = new Map([...wanted].map(([key, made]) => [key, this._own.get(key) ?? made()]));
    // Existing items stay in place, so that screen readers do not read them again.
    for (const item of this._own.values()) if (!item.parentNode) this._list.append(item);
    if (this._following) this._toEnd();
  }

  /**
   * @param {string} nonce
   * @param {{text: string, why: string}} line
   */
  _refused(nonce, line) {
    const edit = make('button', 'button', text('chat.edit'));
    const discard = make('button', 'button plain', text('chat.discard'));
    edit.type = discard.type = 'button';
    edit.onclick = () => {
      this._chat.forget(nonce);
      this._field.put(line.text);
    };
    discard.onclick = () => {
      this._chat.forget(nonce);
      this._list.focus();
    };
    const why = make('p', 'why', text('chat.refused', { why: line.why }));
    const actions = make('div', 'actions', edit, discard);
    return make('div', 'line own refused', words(line.text), why, actions);
  }

  _showBelow() {
    this._new.hidden = this._below === 0;
    const key = this._below === 1 ? 'chat.new.one' : 'chat.new.many';
    this._new.textContent = `↓ ${text(key, { count: this._below })}`;
  }

  _showUnread() {
    if (!this._badge) return;
    this._badge.hidden = this._unread === 0;
    this._badge.textContent = String(this._unread);
  }
}

/** @param {string} line */
function pendingItem(line) {
  return make('div', 'line own pending quiet', words(line), make('time', '', text('chat.unsent')));
}

/** @param {(Node | string)[]} content a person's text; each line gets its own direction */
function words(...content) {
  const element = make('p', 'words', ...content);
  element.dir = 'auto';
  return element;
}
