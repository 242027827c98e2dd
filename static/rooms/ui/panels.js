import { choices, remember } from '../choices.js';
import { byId } from './dom.js';

/** CSS pixels. Notes are not readable in less; the call keeps at least as much. */
const NARROWEST = 360;
const STEP = 32;

/** The divider between call and notes, by pointer and by keys. */
export function divider() {
  const handle = byId('divider', HTMLElement);
  const call = byId('call', HTMLElement);
  let width = 0;

  const widest = () => Math.max(NARROWEST, call.clientWidth - NARROWEST);
  const set = (/** @type {number} */ wanted) => {
    width = Math.round(Math.min(widest(), Math.max(NARROWEST, wanted)));
    call.style.setProperty('--side', `${width}px`);
    handle.setAttribute('aria-valuenow', String(width));
    handle.setAttribute('aria-valuemin', String(NARROWEST));
    handle.setAttribute('aria-valuemax', String(widest()));
  };
  const ratio = choices().panel;
  set(ratio ? ratio * call.clientWidth : Math.max(400, call.clientWidth * 0.3));

  const move = (/** @type {PointerEvent} */ event) => set(call.getBoundingClientRect().right - 24 - event.clientX);
  const dragging = (/** @type {boolean} */ on) => {
    handle.classList.toggle('dragging', on);
    call.classList.toggle('dragging-divider', on);
  };
  handle.onpointerdown = (event) => {
    handle.setPointerCapture(event.pointerId);
    dragging(true);
    handle.onpointermove = move;
  };
  handle.onlostpointercapture = () => {
    dragging(false);
    handle.onpointermove = null;
    remember({ panel: width / call.clientWidth });
  };
  handle.onkeydown = (event) => {
    const wanted = { ArrowLeft: width + STEP, ArrowRight: width - STEP, Home: widest(), End: NARROWEST }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    set(wanted);
    remember({ panel: width / call.clientWidth });
  };
  window.addEventListener('resize', () => set(width));
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
