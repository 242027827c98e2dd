// Who is meant by "@name" in a text. Pure; ui/chat/ shows it.

/** @typedef {{text: string, name?: string}} Part `name`: of the person who is mentioned here */

const WORD = /[\p{L}\p{N}_]/u;

/** So far behind the @ a name is looked for. */
const LONGEST = 60;

/** @param {string} text */
const folded = (text) => text.normalize('NFC').toLowerCase();

/**
 * The text in parts; those with `name` mention someone. The parts together are the whole text.
 *
 * @param {string} text
 * @param {Iterable<string>} names
 * @returns {Part[]}
 */
export function mentions(text, names) {
  // Of "Ann" and "Ann Lee" the longer one is meant, if it is there.
  const longest = [...new Set(names)].filter(Boolean).sort((a, b) => b.length - a.length);
  /** @type {Part[]} */
  const found = [];
  let done = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    if (at < done || WORD.test(text[at - 1] ?? '')) continue;
    const name = longest.find((one) => isNamed(text, at + 1, one));
    if (!name) continue;
    if (at > done) found.push({ text: text.slice(done, at) });
    done = at + 1 + name.length;
    found.push({ text: text.slice(at, done), name });
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {string} name
 */
function isNamed(text, at, name) {
  const end = at + name.length;
  return folded(text.slice(at, end)) === folded(name) && !WORD.test(text[end] ?? '');
}

/**
 * @param {string} text
 * @param {string} name
 */
export function isMentioned(text, name) {
  return mentions(text, [name]).some((part) => part.name);
}

/**
 * The beginning of a name that is being typed.
 *
 * @param {string} text up to the place where it is typed
 * @param {Iterable<string>} names
 * @returns {{start: number, names: string[]}} `start`: where the @ is; `names`: that it may become,
 *   in their order
 */
export function completions(text, names) {
  const start = text.lastIndexOf('@');
  const typed = folded(text.slice(start + 1));
  const none = { start, names: [] };
  if (start < 0 || typed.length > LONGEST || typed.includes('\n')) return none;
  if (WORD.test(text[start - 1] ?? '')) return none;
  const begins = (/** @type {string} */ name) =>
    [name, ...name.split(/\s+/)].some((part) => folded(part).startsWith(typed)) &&
    folded(name) !== typed;
  return { start, names: [...new Set(names)].filter(begins) };
}
