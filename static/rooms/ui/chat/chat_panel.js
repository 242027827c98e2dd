import { text } from '../../common/texts.js';
import { isMentioned } from '../../room/chat/mentions.js';
import { byId, find } from '../dom.js';
import { lineItem, pendingItem, refusal, words } from './chat_line.js';
import { Composer } from './composer.js';
import { deleteQuestion } from './delete_question.js';
import { LineActions } from './line_actions.js';
import { mentionList } from './mention_list.js';
import { mentioned, mentionSwitch } from './mention_notice.js';
import { refuseFiles } from './no_files.js';
import { saveButton } from './save_chat.js';
import { Unread } from './unread.js';

/** Scrolled up by more than this, the person reads, and the log does not move. CSS pixels. */
const NEAR_END = 48;

/** A person's lines within this time are shown under one name. Milliseconds. */
const SAME_BREATH = 5 * 60 * 1000;

const HOSTS = ['owner', 'moderator'];

/**
 * @typedef {import('../../common/types.js').ChatLine} ChatLine
 * @typedef {{line: ChatLine, item: HTMLElement, same: boolean}} Shown
 */

export class ChatPanel {
  /**
   * @param {import('../../room/call.js').Call} call
   * @param {import('../../common/types.js').Config} config
   */
  constructor(call, config) {
    this._call = call;
    this._chat = call.chat;
    this._list = byId('chat-lines', HTMLElement);
    this._new = byId('chat-new', HTMLButtonElement);
    /** Number of lines that came while the person was scrolled up. */
    this._below = 0;
    this._following = true;
    /** @type {ChatLine | null} */
    this._last = null;
    /** @type {Map<number, Shown>} by the number of the line */
    this._shown = new Map();
    /** @type {Map<string, HTMLElement>} own pending and refused lines, by state and nonce */
    this._own = new Map();
    this._unread = new Unread(byId('chat', HTMLElement), () => this._seen());
    mentionList(() => this._names());
    const ask = deleteQuestion(({ number }) => this._chat.change(number, null));
    this._composer = new Composer(call.chat, config.notes.chat_limit, {
      sent: () => this._sent(),
      emptied: ask,
    });
    this._actions = new LineActions(
      this._list,
      (number) => this._allowed(number),
      (act, number) => {
        const line = this._chat.lineOf(number);
        if (line && act === 'delete') ask(line);
        else if (line && act === 'edit') this._composer.edit(line);
        else if (line) this._composer.reply(line);
      },
    );
    mentionSwitch();
    refuseFiles();
    saveButton(call.chat, config.room.slug);
    this._listen();
  }

  _listen() {
    this._list.onscroll = () => this._scrolled();
    this._new.onclick = () => {
      this._toEnd();
      this._list.focus();
    };
    // The panel's height changes, for example when an on-screen keyboard opens.
    new ResizeObserver(() => this._following && this._toEnd()).observe(this._list);
    this._chat.on('lines', (lines) => this._add(lines));
    this._chat.on('changed', (lines) => this._changed(lines));
    this._chat.on('own', () => this._showOwn());
    this._call.on('ended', () => this._unread.close());
  }

  /** The chat was opened: nothing is unread. */
  opened() {
    this._toEnd();
    this._seen();
  }

  _seen() {
    if (this._following) this._unread.clear();
  }

  _sent() {
    this._unread.unmark();
    this._toEnd();
  }

  /** Names of the others in the call. */
  _names() {
    const { you, people } = this._call.room;
    return [...people.values()].filter(({ id }) => id !== you).map(({ name }) => name);
  }

  /** @param {ChatLine} line */
  _isMine({ participant }) {
    return participant !== '' && participant === this._call.you;
  }

  /** @param {number} number */
  _allowed(number) {
    const line = this._chat.lineOf(number);
    const there = Boolean(line && !line.deleted);
    const host = HOSTS.includes(this._call.role);
    return { reply: there, change: Boolean(there && line && (host || this._isMine(line))) };
  }

  _scrolled() {
    if (this._unread.hidden) return;
    const { scrollHeight, scrollTop, clientHeight } = this._list;
    this._following = scrollHeight - scrollTop - clientHeight < NEAR_END;
    if (this._following) this._below = 0;
    if (this._following && this._unread.inView()) this._unread.clear();
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
      const shown = { line, same: this._isSame(line), item: this._list };
      shown.item = this._item(shown);
      this._list.insertBefore(shown.item, own);
      this._shown.set(line.number, shown);
      this._last = line;
    }
    const fresh = lines.filter((line) => line.number > this._chat.history && !this._isMine(line));
    if (fresh.length) this._notice(fresh);
    if (this._following) return this._toEnd();
    this._below += fresh.length;
    this._showBelow();
  }

  /** @param {ChatLine[]} fresh of others */
  _notice(fresh) {
    const unseen = !this._unread.inView();
    const first = this._shown.get(fresh[0].number);
    if (first && (unseen || !this._following)) this._unread.mark(first.item);
    if (!unseen) return;
    this._unread.add(fresh.length);
    const me = this._call.name;
    const line = fresh.find((one) => !one.deleted && isMentioned(one.text, me));
    if (line) mentioned(line.name);
  }

  /** @param {ChatLine} line */
  _isSame(line) {
    const last = this._last;
    const same = last?.participant === line.participant && last.name === line.name;
    const age = same ? new Date(line.sent).getTime() - new Date(last.sent).getTime() : Infinity;
    return age < SAME_BREATH && !line.reply_to;
  }

  /** @param {Shown} shown */
  _item({ line, same }) {
    const quoted = this._chat.lineOf(line.reply_to);
    const item = lineItem(line, {
      mine: this._isMine(line),
      same,
      me: this._call.name,
      names: new Set([...this._names(), ...this._chat.log.lines.map(({ name }) => name)]),
      quoted,
      toQuoted: () => quoted && this._goTo(quoted.number),
    });
    const asked = this._chat.changes.all.get(line.number);
    if (asked?.why) item.append(...this._refusedChange(line, asked));
    item.classList.toggle('changing', Boolean(asked && !asked.why));
    return item;
  }

  /** @param {number} number */
  _goTo(number) {
    const item = this._shown.get(number)?.item;
    item?.scrollIntoView({ block: 'center' });
    item?.focus();
  }

  /** @param {ChatLine[]} lines */
  _changed(lines) {
    const numbers = new Set(lines.map(({ number }) => number));
    for (const line of lines) {
      const shown = this._shown.get(line.number);
      if (shown) shown.line = line;
    }
    for (const shown of this._shown.values()) {
      const { number, reply_to: reply } = shown.line;
      if (numbers.has(number) || (reply && numbers.has(reply))) this._renew(shown);
    }
    this._actions.refresh();
    if (this._following) this._toEnd();
  }

  /**
   * In the same element: it may have the focus.
   *
   * @param {Shown} shown
   */
  _renew(shown) {
    const { item } = shown;
    const fresh = this._item(shown);
    const chosen = item.classList.contains('chosen');
    item.className = fresh.className;
    item.classList.toggle('chosen', chosen);
    item.replaceChildren(...fresh.childNodes);
  }

  /**
   * @param {ChatLine} line
   * @param {import('../../room/chat/chat_changes.js').Change} asked
   */
  _refusedChange(line, { text: wanted, why }) {
    const forget = () => this._chat.forgetChange(line.number);
    const again = () => {
      forget();
      if (!line.deleted) this._composer.edit(line, wanted ?? line.text);
    };
    const drop = () => {
      forget();
      this._list.focus();
    };
    return refusal(text('chat.unchanged', { why }), again, drop);
  }

  /** Show own lines that the server has not accepted yet, or has refused. */
  _showOwn() {
    const { pending, refused } = this._chat.log;
    /** @type {Map<string, () => HTMLElement>} */
    const wanted = new Map();
    for (const [nonce, line] of refused) {
      wanted.set(`refused ${nonce}`, () => this._refused(nonce, line));
    }
    for (const [nonce, draft] of pending) {
      wanted.set(`pending ${nonce}`, () => pendingItem(draft.text));
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
   * @param {{text: string, reply: number | null, why: string}} line
   */
  _refused(nonce, line) {
    const again = () => {
      this._chat.forget(nonce);
      this._composer.put(line.text, this._chat.lineOf(line.reply));
    };
    const drop = () => {
      this._chat.forget(nonce);
      this._list.focus();
    };
    const item = words(line.text);
    const parts = refusal(text('chat.refused', { why: line.why }), again, drop);
    const refused = document.createElement('div');
    refused.className = 'line own refused';
    refused.append(item, ...parts);
    return refused;
  }

  _showBelow() {
    this._new.hidden = this._below === 0;
    const key = this._below === 1 ? 'chat.new.one' : 'chat.new.many';
    this._new.textContent = `↓ ${text(key, { count: this._below })}`;
  }
}
