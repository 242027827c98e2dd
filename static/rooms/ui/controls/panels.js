import { choices, remember } from '../../common/choices.js';
import { byId, find } from '../dom.js';

/** The least width of notes and of the call. Notes are not readable in less. CSS pixels. */
const NARROWEST = 360;
/** Room for some lines of chat and its field, and for some lines of notes. CSS pixels. */
const LOWEST_CHAT = 200;
const LOWEST_NOTES = 160;
const STEP = 32;
/** Between two parts. The handle may be larger. */
const GAP = 16;

/**
 * @typedef {object} Parts
 * @property {HTMLElement} handle
 * @property {HTMLElement} around the element that holds both parts
 * @property {() => number} whole size that both parts share, in CSS pixels
 * @property {number} least least size of the measured part
 * @property {number} rest least size of the other part
 * @property {(whole: number) => number} standard
 * @property {string} property custom property of `around` for the style sheet
 * @property {(event: PointerEvent) => number} wanted the size of the part where the pointer is
 * @property {Record<string, number>} keys key to step
 * @property {'panel' | 'split'} choice remembered as a share of the whole
 */

/** The divider between call and notes. */
export function divider() {
  const call = byId('call', HTMLElement);
  new Separator({
    handle: byId('divider', HTMLElement),
    around: call,
    whole: () => call.clientWidth,
    least: NARROWEST,
    rest: NARROWEST,
    standard: (width) => Math.max(400, width * 0.3),
    property: '--side',
    wanted: (event) => call.getBoundingClientRect().right - 24 - event.clientX,
    keys: { ArrowLeft: STEP, ArrowRight: -STEP },
    choice: 'panel',
  });
}

/** The divider between notes and chat, if the page has both. */
export function split() {
  const handle = find('split', HTMLElement);
  if (!handle) return;
  const side = byId('side', HTMLElement);
  new Separator({
    handle,
    around: side,
    whole: () => side.clientHeight - GAP,
    least: LOWEST_CHAT,
    rest: LOWEST_NOTES,
    standard: (height) => height / 2,
    property: '--chat',
    wanted: (event) => side.getBoundingClientRect().bottom - GAP / 2 - event.clientY,
    keys: { ArrowUp: STEP, ArrowDown: -STEP },
    choice: 'split',
  });
}

/** Moves by pointer, touch and keys. A double click or Enter puts it back to its default. */
class Separator {
  /** @param {Parts} parts */
  constructor(parts) {
    this._parts = parts;
    /** Share of the whole; 0: not moved. */
    this._share = choices()[parts.choice];
    this._size = 0;
    this._moved = false;
    const { handle } = parts;
    handle.onpointerdown = (event) => {
      if (event.button !== 0) return;
      handle.setPointerCapture(event.pointerId);
      this._dragging(true);
    };
    handle.onlostpointercapture = () => {
      if (this._moved) this._keep();
      this._dragging(false);
    };
    handle.ondblclick = () => this._reset();
    handle.onkeydown = (event) => this._key(event);
    new ResizeObserver(() => this._place()).observe(parts.around);
    this._place();
  }

  _place() {
    const { around, handle, least, property, rest, standard, whole } = this._parts;
    const all = whole();
    if (all <= 0) return;
    // If both do not fit, each gets half.
    const lowest = Math.min(least, all / 2);
    const highest = all - Math.min(rest, all / 2);
    const wanted = this._share ? this._share * all : standard(all);
    this._size = Math.round(Math.min(highest, Math.max(lowest, wanted)));
    around.style.setProperty(property, `${this._size}px`);
    handle.setAttribute('aria-valuenow', String(this._size));
    handle.setAttribute('aria-valuemin', String(Math.round(lowest)));
    handle.setAttribute('aria-valuemax', String(Math.round(highest)));
  }

  /** @param {number} size */
  _set(size) {
    this._share = Math.min(1, Math.max(0.01, size / this._parts.whole()));
    this._place();
  }

  /** Remember the size that it has, not one beyond the limits. */
  _keep() {
    this._share = this._share && this._size / this._parts.whole();
    remember({ [this._parts.choice]: this._share });
  }

  _reset() {
    this._share = 0;
    this._place();
    this._keep();
  }

  /** @param {boolean} on */
  _dragging(on) {
    const { handle, wanted } = this._parts;
    this._moved = false;
    handle.classList.toggle('dragging', on);
    document.body.classList.toggle('dragging-divider', on);
    const move = (/** @type {PointerEvent} */ event) => {
      this._moved = true;
      this._set(wanted(event));
    };
    handle.onpointermove = on ? move : null;
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const step = this._parts.keys[event.key];
    if (step) this._set(this._size + step);
    else if (event.key === 'Home') this._set(this._parts.whole());
    else if (event.key === 'End') this._set(0);
    else if (event.key === 'Enter') this._share = 0;
    else return;
    event.preventDefault();
    this._place();
    this._keep();
  }
}

/**
 * Call, Notes and Chat as tabs, if there is no room for all of them.
 *
 * @param {(view: string) => void} shown
 */
export function tabs(shown) {
  const call = byId('call', HTMLElement);
  const list = byId('tabs', HTMLElement);
  const buttons = [...list.querySelectorAll('button')];
  const show = (/** @type {HTMLButtonElement} */ button) => {
    call.dataset.view = button.dataset.view;
    for (const other of buttons) {
      other.setAttribute('aria-selected', String(other === button));
      other.tabIndex = other === button ? 0 : -1;
    }
    shown(button.dataset.view ?? '');
  };
  for (const button of buttons) button.onclick = () => show(button);
  list.onkeydown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const now = buttons.findIndex((button) => button.getAttribute('aria-selected') === 'true');
    const next = buttons[(now + step + buttons.length) % buttons.length];
    show(next);
    next.focus();
  };
}
