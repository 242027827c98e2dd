import { text } from '../common/texts.js';
import { announce } from './announce.js';
import { byId } from './dom.js';

/** What is over within a second needs no words. */
const AFTER = 1000;

const BACK_FOR = 2500;

/**
 * Says in words how the call is, as long as it is not as it should be. The words lie over the
 * videos and move nothing.
 */
export class Notice {
  constructor() {
    this._element = byId('notice', HTMLElement);
    this._timer = 0;
    this._said = false;
  }

  /** @param {import('../room/condition.js').Condition} condition '': nothing is wrong */
  show(condition) {
    clearTimeout(this._timer);
    this._element.textContent = '';
    if (condition) this._timer = setTimeout(() => this._say(condition), AFTER);
    else if (this._said) this._back();
  }

  /** @param {string} condition */
  _say(condition) {
    this._said = true;
    this._tell(text(`connection.${condition}`));
  }

  _back() {
    this._said = false;
    this._tell(text('connection.back'));
    this._timer = setTimeout(() => (this._element.textContent = ''), BACK_FOR);
  }

  /** @param {string} words */
  _tell(words) {
    this._element.textContent = words;
    announce(words);
  }

  /** The call is over. */
  close() {
    clearTimeout(this._timer);
    this._element.textContent = '';
  }
}
