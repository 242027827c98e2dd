import { text } from '../common/texts.js';
import { announce } from './announce.js';
import { byId } from './dom.js';

/** What is over within a second needs no words. */
const AFTER = 1000;

const BACK_FOR = 2500;

/**
 * Says in words how the call is, as long as it is not as it should be. The words lie over the
 * videos and move nothing. They stay until others follow.
 */
export class Notice {
  constructor() {
    this._element = byId('notice', HTMLElement);
    this._timer = 0;
    /** The condition that was said last and still lasts. */
    this._said = '';
  }

  /** @param {import('../room/condition.js').Condition} condition '': nothing is wrong */
  show(condition) {
    clearTimeout(this._timer);
    if (condition) this._timer = setTimeout(() => this._say(condition), AFTER);
    else if (this._said) this._back();
  }

  /** @param {string} condition */
  _say(condition) {
    this._said = condition;
    this._tell(text(`connection.${condition}`));
  }

  _back() {
    this._tell(text(this._said === 'moving' ? 'connection.moved' : 'connection.back'));
    this._said = '';
    this._timer = setTimeout(() => (this._element.textContent = ''), BACK_FOR);
  }

  /** @param {string} words */
  _tell(words) {
    if (this._element.textContent === words) return;
    this._element.textContent = words;
    announce(words);
  }

  /** The call is over. */
  close() {
    clearTimeout(this._timer);
    this._element.textContent = '';
  }
}
