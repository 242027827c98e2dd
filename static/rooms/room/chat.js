// The chat of a call as a pure log: every line once and in order, even if some are lost or
// repeated.

/**
 * @typedef {import('../common/types.js').ChatLine} ChatLine
 *
 * @typedef {object} ChatLog
 * @property {readonly ChatLine[]} lines in order, without gaps since `since`
 * @property {number} last the number up to which nothing is missing
 * @property {ReadonlyMap<number, ChatLine>} early lines after one that is still missing
 * @property {ReadonlyMap<string, string>} pending own lines without an answer: nonce to text
 * @property {ReadonlyMap<string, {text: string, why: string}>} refused own lines that the server
 *   did not take, and why
 */

/** @type {ChatLog} */
export const EMPTY_LOG = {
  lines: [],
  last: 0,
  early: new Map(),
  pending: new Map(),
  refused: new Map(),
};

/**
 * @param {ChatLog} log
 * @param {string} nonce
 * @param {string} text
 * @returns {ChatLog}
 */
export function sending(log, nonce, text) {
  return { ...log, pending: new Map(log.pending).set(nonce, text) };
}

/**
 * An own line that the server refused: it is shown as refused and never sent again.
 *
 * @param {ChatLog} log
 * @param {string} nonce
 * @param {string} why
 * @returns {ChatLog}
 */
export function refuse(log, nonce, why) {
  const text = log.pending.get(nonce);
  if (text === undefined) return log;
  const refused = new Map(log.refused).set(nonce, { text, why });
  return { ...log, pending: without(log.pending, nonce), refused };
}

/**
 * A refused line was put back into the field, or discarded.
 *
 * @param {ChatLog} log
 * @param {string} nonce
 * @returns {ChatLog}
 */
export function forget(log, nonce) {
  return { ...log, refused: without(log.refused, nonce) };
}

/**
 * @template Value
 * @param {ReadonlyMap<string, Value>} map
 * @param {string} key
 */
function without(map, key) {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/**
 * Add lines as they come. `gap` is true while a line in between is missing: ask for those after
 * `last`.
 *
 * @param {ChatLog} log
 * @param {readonly ChatLine[]} arrived
 * @param {number} [since] `arrived` are all lines after this number: the others between them were
 *   deleted, and are not waited for
 * @returns {{log: ChatLog, added: ChatLine[], gap: boolean}}
 */
export function receive(log, arrived, since = Infinity) {
  const early = new Map(log.early);
  const pending = new Map(log.pending);
  for (const line of arrived) {
    if (line.number > log.last) early.set(line.number, line);
    pending.delete(line.nonce);
  }
  /** @type {ChatLine[]} */
  const added = [];
  let last = log.last;
  /** @param {ChatLine} line */
  const add = (line) => {
    added.push(line);
    early.delete(line.number);
    last = line.number;
  };
  if (since <= last) {
    for (const line of arrived) if (line.number > last) add(line);
  }
  for (let line = early.get(last + 1); line; line = early.get(last + 1)) add(line);
  const lines = [...log.lines, ...added];
  return { log: { ...log, lines, last, early, pending }, added, gap: early.size > 0 };
}
