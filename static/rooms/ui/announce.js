import { byId } from './dom.js';

const TOAST_FOR = 2500;

let timer = 0;

/**
 * Tell screen readers, without interrupting them.
 *
 * @param {string} words
 */
export function announce(words) {
  const line = document.createElement('p');
  line.textContent = words;
  const announcer = byId('announcer', HTMLElement);
  announcer.append(line);
  while (announcer.childElementCount > 5) announcer.firstElementChild?.remove();
}

/**
 * Show a message for a moment.
 *
 * @param {string} words
 */
export function toast(words) {
  const element = byId('toast', HTMLElement);
  element.textContent = words;
  clearTimeout(timer);
  timer = setTimeout(() => (element.textContent = ''), TOAST_FOR);
}
