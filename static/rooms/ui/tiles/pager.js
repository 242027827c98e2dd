import { text } from '../../common/texts.js';
import { announce } from '../announce.js';
import { byId } from '../dom.js';

/** Narrower than this there are only the two buttons. CSS pixels. */
const LEAST_WITH_WORDS = 150;

/** The height of the buttons and the words above each other. CSS pixels. */
const LEAST_UPRIGHT = 136;

/** The buttons that turn the pages of tiles. */
export class Pager {
  /** @param {(step: number) => void} turn */
  constructor(turn) {
    this._element = byId('pager', HTMLElement);
    this._words = byId('pager-words', HTMLElement);
    this._previous = byId('pager-previous', HTMLButtonElement);
    this._next = byId('pager-next', HTMLButtonElement);
    const press = (/** @type {HTMLButtonElement} */ button, /** @type {number} */ step) => {
      button.onclick = () => {
        if (button.getAttribute('aria-disabled') === 'true') return;
        turn(step);
        announce(this._words.textContent ?? '');
      };
    };
    press(this._previous, -1);
    press(this._next, 1);
  }

  /**
   * @param {import('./layout.js').Rect | null} rect null: there is one page
   * @param {number} page from 0
   * @param {number} pages
   */
  show(rect, page, pages) {
    const { style, classList } = this._element;
    if (!rect && this._element.contains(document.activeElement)) {
      byId('stage', HTMLElement).focus();
    }
    this._element.hidden = !rect;
    if (!rect) return;
    const upright = rect.height > LEAST_UPRIGHT && rect.height > rect.width;
    classList.toggle('upright', upright);
    classList.toggle('tight', !upright && rect.width < LEAST_WITH_WORDS);
    style.setProperty('--x', `${Math.round(rect.x)}px`);
    style.setProperty('--y', `${Math.round(rect.y)}px`);
    style.setProperty('--width', `${Math.floor(rect.width)}px`);
    style.setProperty('--height', `${Math.floor(rect.height)}px`);
    const words = text('call.page', { page: page + 1, pages });
    if (this._words.textContent !== words) this._words.textContent = words;
    // A disabled button would lose the focus.
    this._previous.setAttribute('aria-disabled', String(page === 0));
    this._next.setAttribute('aria-disabled', String(page === pages - 1));
  }
}
