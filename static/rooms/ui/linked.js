import { parts } from '../common/links.js';
import { make } from './dom.js';

/**
 * A person's text with its addresses as links. The linked pages learn nothing about this page and
 * cannot reach it.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
export function linked(text) {
  return parts(text).map((part) => {
    if (!part.href) return part.text;
    const link = make('a', '', part.text);
    link.href = part.href;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    // An address reads from left to right, even in a text from right to left.
    link.dir = 'ltr';
    return link;
  });
}

/** Links in texts that the owner wrote, such as the description of a room. */
export function linkTexts() {
  for (const element of document.querySelectorAll('[data-links]')) {
    element.replaceChildren(...linked(element.textContent ?? ''));
  }
}
