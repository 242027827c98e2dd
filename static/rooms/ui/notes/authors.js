import { text } from '../../common/texts.js';
import { authorAt, byAuthor, passages, STYLES } from '../../room/notes_authors.js';
import { byId, make } from '../dom.js';

/** @typedef {import('../../room/notes_authors.js').Author} Author */

/** "Who wrote what": underlines each author's words, and says whose the words at the cursor are. */
export class Authors {
  /**
   * @param {import('../../../vendor/notes-editor.js').Quill} quill
   * @param {import('../../../vendor/notes-editor.js').Y.Text} shared
   */
  constructor(quill, shared) {
    this._quill = quill;
    this._shared = shared;
    /** @type {Map<number, string>} */
    this._names = new Map();
    /** @type {Author[]} */
    this._authors = [];
    this._waiting = false;
    this._button = byId('authors-button', HTMLButtonElement);
    this._place = byId('authors', HTMLElement);
    this._list = byId('authors-list', HTMLElement);
    this._here = byId('authors-here', HTMLElement);
    this._button.onclick = () => this._show(!this._on);
    quill.on('editor-change', () => this._soon());
  }

  get _on() {
    return this._button.getAttribute('aria-pressed') === 'true';
  }

  /** @param {Record<string, string>} names by client, in addition to those that are known */
  know(names) {
    for (const [client, name] of Object.entries(names)) this._names.set(Number(client), name);
    this._soon();
  }

  /** @param {boolean} on */
  _show(on) {
    this._button.setAttribute('aria-pressed', String(on));
    this._place.hidden = !on;
    if (on) this._draw();
    else clear();
  }

  /** Many changes come at once. */
  _soon() {
    if (!this._on || this._waiting) return;
    this._waiting = true;
    requestAnimationFrame(() => {
      this._waiting = false;
      if (this._on) this._draw();
    });
  }

  _draw() {
    const written = passages(this._shared);
    this._authors = byAuthor(written, this._names, text('notes.unknown_author'));
    const items = this._authors.map(({ name, style }) =>
      make('li', '', make('span', `author-mark author-${style}`), name));
    this._list.replaceChildren(...items);
    const { index, length } = this._quill.getSelection() ?? { index: 0, length: 0 };
    const author = authorAt(this._authors, index + Math.min(length, 1));
    const words = author ? text('notes.author_here', { name: author.name }) : '';
    if (this._here.textContent !== words) this._here.textContent = words;
    clear();
    underline(this._quill, this._authors);
  }
}

function clear() {
  for (let style = 0; style < STYLES; style += 1) highlights()?.delete(`author-${style}`);
}

/** Browsers without highlights still have the list and the words at the cursor. */
function highlights() {
  return globalThis.Highlight ? CSS.highlights : undefined;
}

/**
 * Highlights leave the text alone, so nothing of this is shared or saved.
 *
 * @param {import('../../../vendor/notes-editor.js').Quill} quill
 * @param {readonly Author[]} authors
 */
function underline(quill, authors) {
  const marks = highlights();
  if (!marks) return;
  const nodes = textNodes(quill);
  for (const { style, passages: own } of authors) {
    const mark = marks.get(`author-${style}`) ?? new Highlight();
    for (const { index, length } of own) {
      for (const { node, start } of nodes) {
        const from = Math.max(index, start);
        const to = Math.min(index + length, start + node.length);
        if (from < to) mark.add(rangeIn(node, from - start, to - start));
      }
    }
    marks.set(`author-${style}`, mark);
  }
}

/**
 * The nodes of the text, each with its place in it.
 *
 * @param {import('../../../vendor/notes-editor.js').Quill} quill
 */
function textNodes(quill) {
  const walker = document.createTreeWalker(quill.root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = /** @type {Text} */ (walker.currentNode);
    const blot = quill.scroll.find(node, false);
    if (blot) found.push({ node, start: quill.getIndex(/** @type {any} */ (blot)) });
  }
  return found;
}

/**
 * @param {Text} node
 * @param {number} from
 * @param {number} to
 */
function rangeIn(node, from, to) {
  const range = new Range();
  range.setStart(node, from);
  range.setEnd(node, to);
  return range;
}
