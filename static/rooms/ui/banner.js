import { byId } from './dom.js';

/** The most important one is shown: what is broken before what only happened. */
const ORDER = ['sound', 'socket', 'media', 'role', 'problem'];

const PROBLEM_FOR = 8000;

/** A button wants to be found and reached. */
const BUTTON_FOR = 30_000;

/** @type {Map<string, {words: string, button?: {word: string, press: () => void}}>} */
const shown = new Map();

let timer = 0;

/**
 * Show a banner of a kind; it stays until it is cleared. A `problem` goes by itself.
 *
 * @param {'sound' | 'socket' | 'media' | 'role' | 'problem'} kind
 * @param {string} words
 * @param {{word: string, press: () => void}} [button]
 */
export function showBanner(kind, words, button) {
  shown.set(kind, { words, button });
  if (kind === 'problem') {
    clearTimeout(timer);
    timer = setTimeout(() => clearBanner('problem'), button ? BUTTON_FOR : PROBLEM_FOR);
  }
  render();
}

/** @param {'sound' | 'socket' | 'media' | 'role' | 'problem'} kind */
export function clearBanner(kind) {
  if (shown.delete(kind)) render();
}

export function clearBanners() {
  shown.clear();
  render();
}

function render() {
  const top = shown.get(ORDER.find((kind) => shown.has(kind)) ?? '');
  const banner = byId('banner', HTMLElement);
  const button = byId('banner-button', HTMLButtonElement);
  byId('banner-text', HTMLElement).textContent = top?.words ?? '';
  // A button that goes takes the focus with it: back to the people then.
  const focused = document.activeElement;
  banner.hidden = !top;
  button.hidden = !top?.button;
  button.textContent = top?.button?.word ?? '';
  button.onclick = top?.button?.press ?? null;
  // What lasts as long as it is shown cannot be closed; a problem that somebody lives with can.
  const close = byId('banner-close', HTMLButtonElement);
  close.hidden = !top || top !== shown.get('problem');
  close.onclick = () => clearBanner('problem');
  const lost = (focused === button && button.hidden) || (focused === close && close.hidden);
  if (lost) byId('stage', HTMLElement).focus();
}
