import { text } from '../../common/texts.js';
import { byId } from '../dom.js';
import { ChatField } from './chat_field.js';
import { quotedWords } from './chat_line.js';

/** @typedef {import('../../common/types.js').ChatLine} ChatLine */

/** What the field is for: a new message, an answer to one, or the new text of an old one. */
export class Composer {
  /**
   * @param {import('../../room/chat/chat_client.js').ChatClient} chat
   * @param {number} limit characters of a line
   * @param {{sent: () => void, emptied: (line: ChatLine) => void}} told `sent`: a message of one's
   *   own; `emptied`: nothing is left of a message that was edited
   */
  constructor(chat, limit, told) {
    this._chat = chat;
    this._told = told;
    this._about = byId('chat-about', HTMLElement);
    this._kind = byId('chat-about-kind', HTMLElement);
    this._words = byId('chat-about-words', HTMLElement);
    this.field = new ChatField(limit, (words) => this._say(words));
    /** @type {ChatLine | null} */
    this._reply = null;
    /** @type {ChatLine | null} */
    this._edited = null;
    /** What was in the field before it was used for an edit. */
    this._draft = '';
    byId('chat-about-cancel', HTMLButtonElement).onclick = () => this.cancel();
    byId('chat-form', HTMLFormElement).addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this._about.hidden) return;
      event.preventDefault();
      event.stopPropagation();
      this.cancel();
    });
  }

  /** @param {ChatLine} line */
  reply(line) {
    if (this._edited) this.cancel();
    this._reply = line;
    this._show(text('chat.replying', { name: line.name }), line);
    this.field.focus();
  }

  /**
   * @param {ChatLine} line
   * @param {string} [words] that it becomes
   */
  edit(line, words = line.text) {
    if (!this._edited) this._draft = this.field.value;
    this._reply = null;
    this._edited = line;
    this._show(text('chat.editing'), line);
    this.field.replace(words);
  }

  /**
   * A message that was refused goes back into the field.
   *
   * @param {string} words
   * @param {ChatLine | undefined} reply
   */
  put(words, reply) {
    if (this._edited) this.cancel();
    if (reply) this.reply(reply);
    this.field.put(words);
  }

  cancel() {
    const edited = this._edited;
    this._reply = this._edited = null;
    this._about.hidden = true;
    if (edited) this.field.replace(this._draft);
    this.field.focus();
  }

  /**
   * @param {string} kind
   * @param {ChatLine} line
   */
  _show(kind, line) {
    this._kind.textContent = kind;
    this._words.textContent = quotedWords(line);
    this._about.hidden = false;
  }

  /**
   * @param {string} words
   * @returns {string} why not, or ''
   */
  _say(words) {
    const edited = this._edited;
    if (edited && !words) {
      this._told.emptied(edited);
      return ' ';
    }
    if (edited) {
      if (!this._chat.change(edited.number, words)) return text('chat.gone');
      this.field.replace('');
      this.cancel();
      return '';
    }
    if (!words) return '';
    if (!this._chat.say(words, this._reply?.number ?? null)) return text('chat.waiting');
    if (this._reply) this.cancel();
    this._told.sent();
    return '';
  }
}
