import { choices, remember } from '../choices.js';
import { byId, find } from './dom.js';

/** CSS pixels. Notes are not readable in less; the call keeps at least as much. */
const NARROWEST = 360;
/** Some lines of the chat and its field; its head and some lines of the notes. CSS pixels. */
const LOWEST_CHAT = 200;
const LOWEST_NOTES = 160;
const STEP = 32;
/** Between two parts; the handle may be larger. */
const GAP = 16;

/**
 * @typedef {object} Separator
 * @property {HTMLElement} handle
 * @property {HTMLElement} around what both parts share
 * @property {() => number} whole its size, in CSS pixels
 * @property {number} least of the part that is measured
 * @property {number} rest the least of the other part
 * @property {(whole: number) => number} standard
 * @property {string} property of `around`, for the style sheet
 * @property {(event: PointerEvent) => number} wanted the size of the part where the pointer is
 * @property {Record<string, number>} keys key to step
 * @property {'panel' | 'split'} choice remembered as a share of the whole
 */

/** The divider between call and notes. */
export function divider() {
  const call = byId('call', HTMLElement);
  separator({
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

/** The divider between notes and chat, where both are on the page. */
export function split() {
  const handle = find('split', HTMLElement);
  if (!handle) return;
  const side = byId('side', HTMLElement);
  separator({
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

/**
 * Moved by pointer, touch and keys; a double click or Enter puts it back where it was at first.
 *
 * @param {Separator} parts
 */
function separator({ handle, around, whole, least, rest, standard, property, wanted, keys, choice }) {
  let share = choices()[choice];
  let size = 0;
  const place = () => {
    const all = whole();
    if (all <= 0) return;
    // Where both do not fit, each has half.
    const lowest = Math.min(least, all / 2);
    const highest = all - Math.min(rest, all / 2);
    size = Math.round(Math.min(highest, Math.max(lowest, share ? share * all : standard(all))));
    around.style.setProperty(property, `${size}px`);
    handle.setAttribute('aria-valuenow', String(size));
    handle.setAttribute('aria-valuemin', String(Math.round(lowest)));
    handle.setAttribute('aria-valuemax', String(Math.round(highest)));
  };
  const set = (/** @type {number} */ to) => {
    share = Math.min(1, Math.max(0.01, to / whole()));
    place();
  };
  const keep = () => {
    // Beyond the limits nothing is remembered.
    share = share && size / whole();
    remember({ [choice]: share });
  };
  const reset = () => {
    share = 0;
    place();
    keep();
  };
  let moved = false;
  const dragging = (/** @type {boolean} */ on) => {
    moved = false;
    handle.classList.toggle('dragging', on);
    document.body.classList.toggle('dragging-divider', on);
    handle.onpointermove = on ? move : null;
  };
  const move = (/** @type {PointerEvent} */ event) => {
    moved = true;
    set(wanted(event));
  };
  handle.onpointerdown = (event) => {
    if (event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    dragging(true);
  };
  handle.onlostpointercapture = () => {
    if (moved) keep();
    dragging(false);
  };
  handle.ondblclick = reset;
  handle.onkeydown = (event) => {
    const step = keys[event.key];
    if (step) set(size + step);
    else if (event.key === 'Home') set(whole());
    else if (event.key === 'End') set(0);
    else if (event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'Enter') reset();
    else keep();
  };
  new ResizeObserver(place).observe(around);
  place();
}

/**
 * Call, Notes and Chat as tabs, where there is no room for all of them.
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
