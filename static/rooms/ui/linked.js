import { parts } from '../common/links.js';
import { make } from './dom.js';

/**
 * What somebody wrote, with its links as links. They learn nothing of this page and get no hold of
 * it.
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
    // An address reads from left to right, whatever the text around it does.
    link.dir = 'ltr';
    return link;
  });
}

/** Texts of the page that people wrote elsewhere, such as the description of a room. */
export function linkTexts() {
  for (const element of document.querySelectorAll('[data-links]')) {
    element.replaceChildren(...linked(element.textContent ?? ''));
  }
}
