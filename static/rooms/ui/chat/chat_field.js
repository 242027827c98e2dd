import { length, passage } from '../../common/plain_text.js';
import { text } from '../../common/texts.js';
import { announce } from '../announce.js';
import { byId } from '../dom.js';

/** So many characters before the limit the counter appears. */
const NEAR_LIMIT = 200;

/** Where one writes: grows with what is written, counts near the limit, cuts nothing. */
export class ChatField {
  /**
   * @param {number} limit characters that the server takes
   * @param {(words: string) => boolean} say false: cannot be taken now
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
    // Keys on a screen have no Shift+Enter that people find: there Enter begins a line.
    const touch = matchMedia('(pointer: coarse)').matches;
    this._field.enterKeyHint = touch ? 'enter' : 'send';
    this._field.oninput = () => this._changed();
    this._field.onkeydown = (event) => {
      // An Enter that ends the input of Japanese; Safari tells it by the key code alone.
      if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return;
      if (event.shiftKey || event.altKey || (touch && !event.ctrlKey && !event.metaKey)) return;
      event.preventDefault();
      this._submit();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      this._submit();
    };
    // The button takes no focus, so that the keys of a phone stay.
    form.onmousedown = (event) => {
      if (event.target !== this._field) event.preventDefault();
    };
    new ResizeObserver(() => this._grow()).observe(form);
  }

  /**
   * Put a text back, in front of what is there.
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

  _submit() {
    const words = passage(this._field.value);
    if (length(words) > this._limit) return this._field.focus();
    if (words && !this._say(words)) {
      this._tell(text('chat.waiting'));
      return;
    }
    this._field.value = '';
    this._changed();
  }

  _changed() {
    const count = length(passage(this._field.value));
    const over = count - this._limit;
    this._count.hidden = over <= -NEAR_LIMIT;
    const limit = this._limit.toLocaleString();
    const problem = over > 0 ? text('chat.long', { limit }) : '';
    this._count.textContent = text('chat.count', { count: count.toLocaleString(), limit });
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
    // While it is measured the log keeps its height: it would be scrolled back for good otherwise.
    this._form.style.minHeight = `${this._form.offsetHeight}px`;
    style.height = 'auto';
    // The style sheet has the limit. A field that is not to be seen has no height.
    const border = this._field.offsetHeight - this._field.clientHeight;
    if (this._field.scrollHeight) style.height = `${this._field.scrollHeight + border}px`;
    this._form.style.minHeight = '';
  }
}
