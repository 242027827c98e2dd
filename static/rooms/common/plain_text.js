// The characters that the server keeps of a text (rooms/plain_text.py), so that the page counts as
// the server does. tests/data/plain_text.json tests both.

const LINE_END = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;

/** Control characters except tab and line feed, lone surrogates, and direction overrides. */
const REMOVED = /[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\p{Cs}/gu;

/** Characters that can be seen. */
const SEEN = /[^\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{M}\u115f\u1160\u3164\uffa0\u2800\u{e0000}-\u{e0fff}]/u;

/**
 * A text of several lines, as the server keeps it; '' if nothing in it can be seen.
 *
 * @param {string} typed
 */
export function passage(typed) {
  const text = typed.replace(LINE_END, '\n').replace(REMOVED, '').trimEnd();
  // The first line keeps its indentation, as in code.
  const kept = /\n[ \t]+[^ \t\n]/.test(text) ? text.replace(/^\s*\n/, '') : text.trimStart();
  return SEEN.test(kept) ? kept : '';
}

/**
 * One line, such as a name; '' if nothing in it can be seen.
 *
 * @param {string} typed
 */
export function line(typed) {
  const clean = typed.replace(LINE_END, '\n').replace(REMOVED, '');
  const text = clean.replace(/\s+/g, ' ').normalize('NFC').trim();
  return SEEN.test(text) ? text : '';
}

/**
 * How many characters (code points) the server counts.
 *
 * @param {string} text
 */
export function length(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
