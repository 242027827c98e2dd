import { byId } from './dom.js';

/** The first of these is shown: what is broken goes before what only happened. */
const ORDER = ['sound', 'role', 'host', 'problem'];

const PROBLEM_FOR = 8000;

/** With a button, people need time to find and reach it. */
const BUTTON_FOR = 30_000;

/** @type {Map<string, {words: string, button?: {word: string, press: () => void}}>} */
const shown = new Map();

let timer = 0;

/**
 * Show a banner of a kind. It stays until it is cleared; a `problem` disappears by itself.
 *
 * @param {'sound' | 'role' | 'host' | 'problem'} kind
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

/** @param {'sound' | 'role' | 'host' | 'problem'} kind */
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
  // If a button with the focus disappears, the focus moves to the stage.
  const focused = document.activeElement;
  banner.hidden = !top;
  button.hidden = !top?.button;
  button.textContent = top?.button?.word ?? '';
  button.onclick = top?.button?.press ?? null;
  // Only a problem can be closed. The others are shown as long as they last.
  const close = byId('banner-close', HTMLButtonElement);
  close.hidden = !top || top !== shown.get('problem');
  close.onclick = () => clearBanner('problem');
  const lost = (focused === button && button.hidden) || (focused === close && close.hidden);
  if (lost) byId('stage', HTMLElement).focus();
}
