/**
 * @typedef {{index: number, length: number, client: number}} Passage characters that one client
 *   wrote, one after the other; `index` counts as Quill does
 * @typedef {{name: string, style: number, length: number, passages: Passage[]}} Author
 */

/** So many ways to mark an author, see css/notes_authors.css. */
export const STYLES = 8;

/**
 * Who wrote each passage of a shared text. Yjs keeps it with every character.
 *
 * @param {import('../../vendor/notes-editor.js').Y.Text} text
 * @returns {Passage[]}
 */
export function passages(text) {
  /** @type {Passage[]} */
  const found = [];
  let index = 0;
  for (let item = text._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue;
    const last = found.at(-1);
    if (last?.client === item.id.client) last.length += item.length;
    else found.push({ index, length: item.length, client: item.id.client });
    index += item.length;
  }
  return found;
}

/**
 * The authors in the order in which they appear. Someone has another client in each tab.
 *
 * @param {readonly Passage[]} written
 * @param {ReadonlyMap<number, string>} names by client
 * @param {string} unknown the name of those who are not known
 * @returns {Author[]}
 */
export function byAuthor(written, names, unknown) {
  /** @type {Map<string, Author>} */
  const authors = new Map();
  for (const passage of written) {
    const name = names.get(passage.client) ?? unknown;
    const author = authors.get(name) ?? { name, style: authors.size, length: 0, passages: [] };
    author.style %= STYLES;
    author.length += passage.length;
    author.passages.push(passage);
    authors.set(name, author);
  }
  return [...authors.values()];
}

/**
 * Whose words are at a place in the text.
 *
 * @param {readonly Author[]} authors
 * @param {number} index
 */
export function authorAt(authors, index) {
  const here = (/** @type {Passage} */ { index: start, length }) =>
    start < index && index <= start + length;
  return authors.find(({ passages }) => passages.some(here)) ?? null;
}
