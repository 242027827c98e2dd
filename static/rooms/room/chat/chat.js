// The chat of a call as a pure log: every line once and in order, even if some are lost or
// repeated, and each as its newest change has left it.

/**
 * @typedef {import('../../common/types.js').ChatLine} ChatLine
 *
 * @typedef {{text: string, reply: number | null}} Draft `reply`: the number of the line it answers
 *
 * @typedef {object} ChatLog
 * @property {readonly ChatLine[]} lines in order, without gaps since `since`
 * @property {number} last the number up to which nothing is missing
 * @property {number} change the number up to which no change is missing
 * @property {ReadonlyMap<number, ChatLine>} early lines after one that is still missing
 * @property {ReadonlySet<number>} ahead changes after one that is still missing
 * @property {ReadonlyMap<string, Draft>} pending own lines without an answer, by nonce
 * @property {ReadonlyMap<string, Draft & {why: string}>} refused own lines that the server did not
 *   take, and why
 */

/** @type {ChatLog} */
export const EMPTY_LOG = {
  lines: [],
  last: 0,
  change: 0,
  early: new Map(),
  ahead: new Set(),
  pending: new Map(),
  refused: new Map(),
};

/**
 * @param {ChatLog} log
 * @param {string} nonce
 * @param {string} text
 * @param {number | null} [reply]
 * @returns {ChatLog}
 */
export function sending(log, nonce, text, reply = null) {
  return { ...log, pending: new Map(log.pending).set(nonce, { text, reply }) };
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
  const draft = log.pending.get(nonce);
  if (draft === undefined) return log;
  const refused = new Map(log.refused).set(nonce, { ...draft, why });
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
 * `last`. `changed` are lines that were there already, as they are now.
 *
 * @param {ChatLog} log
 * @param {readonly ChatLine[]} arrived
 * @param {number} [since] `arrived` are all lines after this number: the others between them were
 *   deleted, and are not waited for
 * @returns {{log: ChatLog, added: ChatLine[], changed: ChatLine[], gap: boolean}}
 */
export function receive(log, arrived, since = Infinity) {
  const early = new Map(log.early);
  const pending = new Map(log.pending);
  for (const line of arrived) {
    if (line.number > log.last) early.set(line.number, newer(line, early.get(line.number)));
    pending.delete(line.nonce);
  }
  /** @type {ChatLine[]} */
  const added = [];
  let last = log.last;
  /** @param {ChatLine} line */
  const add = (line) => {
    added.push(early.get(line.number) ?? line);
    early.delete(line.number);
    last = line.number;
  };
  if (since <= last) {
    for (const line of arrived) if (line.number > last) add(line);
  }
  for (let line = early.get(last + 1); line; line = early.get(last + 1)) add(line);
  const { lines, changed } = amend(log.lines, arrived);
  const seen = noticed(log, arrived);
  const next = { ...log, ...seen, lines: [...lines, ...added], last, early, pending };
  return { log: next, added, changed, gap: early.size > 0 };
}

/**
 * @param {ChatLine} line
 * @param {ChatLine} [other] another version of it
 */
function newer(line, other) {
  return other && (other.change ?? 0) > (line.change ?? 0) ? other : line;
}

/**
 * Put newer versions in the place of lines that are known.
 *
 * @param {readonly ChatLine[]} lines
 * @param {readonly ChatLine[]} arrived
 */
function amend(lines, arrived) {
  /** @type {Map<number, ChatLine>} */
  const found = new Map();
  for (const line of arrived) {
    const known = found.get(line.number) ?? lineOf(lines, line.number);
    if (known && line.change > known.change) found.set(line.number, line);
  }
  if (!found.size) return { lines, changed: [] };
  const now = lines.map((line) => found.get(line.number) ?? line);
  return { lines: now, changed: [...found.values()] };
}

/**
 * @param {readonly ChatLine[]} lines in order
 * @param {number} number
 */
export function lineOf(lines, number) {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle].number < number) low = middle + 1;
    else high = middle;
  }
  return lines[low]?.number === number ? lines[low] : undefined;
}

/**
 * @param {ChatLog} log
 * @param {readonly ChatLine[]} arrived
 */
function noticed({ change, ahead }, arrived) {
  const seen = new Set(ahead);
  for (const line of arrived) if (line.change > change) seen.add(line.change);
  return forward(change, seen);
}

/**
 * All changes up to `change` were told.
 *
 * @param {ChatLog} log
 * @param {number} change
 * @returns {ChatLog}
 */
export function changedUntil(log, change) {
  return { ...log, ...forward(Math.max(log.change, change), log.ahead) };
}

/**
 * @param {number} change
 * @param {ReadonlySet<number>} seen
 */
function forward(change, seen) {
  let until = change;
  while (seen.has(until + 1)) until += 1;
  return { change: until, ahead: new Set([...seen].filter((other) => other > until)) };
}
