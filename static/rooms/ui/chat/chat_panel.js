import { text } from '../../common/texts.js';
import { ChatField } from './chat_field.js';
import { byId, find, make } from '../dom.js';
import { linked } from '../linked.js';

/** Scrolled up by more than this, somebody is reading and is left alone. CSS pixels. */
const NEAR_END = 48;

/** Lines of one person within this time stand under one name. */
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
    /** Lines that came while somebody read further up. */
    this._below = 0;
    this._following = true;
    /** @type {ChatLine | null} */
    this._last = null;
    /** @type {Map<string, HTMLElement>} own lines that the server has not taken, by state and nonce */
    this._own = new Map();
    this._field = new ChatField(limit, (words) => this._say(words));
    this._list.onscroll = () => this._scrolled();
    this._new.onclick = () => {
      this._toEnd();
      this._list.focus();
    };
    // The panel changes its height, as when the keys of a phone come up.
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
    const time = make('time', '', sent.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = line.sent;
    const who = make('div', 'who', make('bdi', '', line.name), time);
    const item = make('div', 'line', who, words(...linked(line.text)));
    const last = this._last;
    const same = last?.participant === line.participant && last.name === line.name;
    item.classList.toggle('same', same && sent.getTime() - new Date(last.sent).getTime() < SAME_BREATH);
    return item;
  }

  /** Own lines that the server has not taken yet, or does not take. */
  _showOwn() {
    const { pending, refused } = this._chat.log;
    /** @type {Map<string, () => HTMLElement>} */
    const wanted = new Map();
    for (const [nonce, line] of refused) {
      wanted.set(`refused ${nonce}`, () => this._refused(nonce, line));
    }
    for (const [nonce, line] of pending) wanted.set(`pending ${nonce}`, () => pendingItem(line));
    const changed = [...wanted.keys()].join() !== [...this._own.keys()].join();
    if (!changed) return;
    for (const [key, item] of this._own) if (!wanted.has(key)) item.remove();
    this._own = new Map([...wanted].map(([key, made]) => [key, this._own.get(key) ?? made()]));
    // What is there already stays where it is, and is not read out again.
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
    return make('div', 'line own refused', words(line.text), why, make('div', 'actions', edit, discard));
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

/** @param {(Node | string)[]} content what somebody wrote, each line in its own direction */
function words(...content) {
  const element = make('p', 'words', ...content);
  element.dir = 'auto';
  return element;
}
