import { length, passage } from '../../common/plain_text.js';
import { text } from '../../common/texts.js';
import { announce } from '../announce.js';
import { byId } from '../dom.js';
import { LOCALE } from '../moments.js';

/** The counter appears so many characters before the limit. */
const NEAR_LIMIT = 200;

/** The field for a message: grows with the text, counts near the limit, never cuts the text. */
export class ChatField {
  /**
   * @param {number} limit characters that the server accepts
   * @param {(words: string) => string} say returns why the text stays in the field, or ''
   */
  constructor(limit, say) {
    this._field = byId('chat-text', HTMLTextAreaElement);
    this._count = byId('chat-count', HTMLElement);
    this._problem = byId('chat-problem', HTMLElement);
    this._limit = limit;
    this._say = say;
    this._wasLong = false;
    const form = byId('chat-form', HTMLFormElement);
    this._form = form;
    // On-screen keyboards have no obvious Shift+Enter, so there Enter begins a new line.
    const touch = matchMedia('(pointer: coarse)').matches;
    this._field.enterKeyHint = touch ? 'enter' : 'send';
    this._field.oninput = () => this._changed();
    this._field.onkeydown = (event) => {
      // This Enter ends an input method's word, as in Japanese. Safari marks it by the key code
      // only.
      if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
      if (event.shiftKey || event.altKey || (touch && !event.ctrlKey && !event.metaKey)) return;
      event.preventDefault();
      this._submit();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      this._submit();
    };
    // The button takes no focus, so that a phone keeps its keyboard open.
    form.onmousedown = (event) => {
      if (event.target !== this._field) event.preventDefault();
    };
    new ResizeObserver(() => this._grow()).observe(form);
  }

  /**
   * Put a text back, in front of the current one.
   *
   * @param {string} words
   */
  put(words) {
    const rest = this._field.value;
    this._field.value = rest ? `${words}\n${rest}` : words;
    this._field.setSelectionRange(words.length, words.length);
    this._field.focus();
    this._changed();
  }

  get value() {
    return this._field.value;
  }

  focus() {
    this._field.focus();
  }

  /**
   * Put a text into the field in place of what is there.
   *
   * @param {string} words
   */
  replace(words) {
    this._field.value = words;
    this._field.focus();
    this._changed();
  }

  _submit() {
    const before = this._field.value;
    const words = passage(before);
    if (length(words) > this._limit) return this._field.focus();
    const problem = this._say(words);
    if (problem) return this._tell(problem.trim());
    // After an edit, the draft from before it is back.
    if (this._field.value === before) this._field.value = '';
    this._changed();
  }

  _changed() {
    const count = length(passage(this._field.value));
    const over = count - this._limit;
    this._count.hidden = over <= -NEAR_LIMIT;
    const limit = this._limit.toLocaleString(LOCALE);
    const problem = over > 0 ? text('chat.long', { limit }) : '';
    this._count.textContent = text('chat.count', { count: count.toLocaleString(LOCALE), limit });
    this._tell(problem);
    this._field.setAttribute('aria-invalid', String(over > 0));
    if (problem && !this._wasLong) announce(problem);
    this._wasLong = over > 0;
    this._grow();
  }

  /** @param {string} words */
  _tell(words) {
    this._problem.textContent = words;
    this._problem.hidden = !words;
  }

  _grow() {
    const { style } = this._field;
    // Keep the form's height while measuring. Otherwise the log loses its scroll position.
    this._form.style.minHeight = `${this._form.offsetHeight}px`;
    style.height = 'auto';
    // The style sheet sets the limit. A hidden field has no height.
    const border = this._field.offsetHeight - this._field.clientHeight;
    if (this._field.scrollHeight) style.height = `${this._field.scrollHeight + border}px`;
    this._form.style.minHeight = '';
  }
}
