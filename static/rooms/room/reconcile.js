// What this page wants against what was confirmed: what is told again, and which connections are
// opened and closed. Pure: the time is a parameter, in milliseconds of a clock that never jumps.

/** A new connection takes over from the previous one within this time, however little arrives. */
export const TAKE_OVER_WITHIN = 3000;

/** The previous one sends at least so long beside it: others may move a little later. */
export const SENDS_ON_FOR = 1500;

/**
 * What the other side was told, and when. A message may be lost, so everything is told again until
 * it is confirmed. The pauses double from `within` up to `longest` milliseconds.
 *
 * @template K
 */
export class Ledger {
  /** @param {{within: number, longest: number}} pauses */
  constructor({ within, longest }) {
    this._within = within;
    this._longest = longest;
    /** @type {Map<K, {value: unknown, at: number, times: number}>} */
    this._told = new Map();
  }

  /**
   * What to tell now.
   *
   * @template {string | boolean} V
   * @param {ReadonlyMap<K, V>} wanted
   * @param {(key: K, value: V) => boolean | null} confirmed null: nothing will ever confirm it, so
   *   it is told once
   * @param {number} now
   * @returns {K[]}
   */
  due(wanted, confirmed, now) {
    /** @type {K[]} */
    const due = [];
    for (const [key, value] of wanted) {
      const told = this._told.get(key);
      const sure = confirmed(key, value);
      if (told?.value !== value) {
        if (told || !sure) due.push(key);
      } else if (sure) {
        told.times = 1;
      } else if (sure === false && now - told.at >= this._pause(told.times)) {
        due.push(key);
      }
    }
    return due;
  }

  /** @param {number} times */
  _pause(times) {
    return Math.min(this._longest, this._within * 2 ** (times - 1));
  }

  /**
   * It was told now.
   *
   * @param {K} key
   * @param {string | boolean} value
   * @param {number} now
   */
  tell(key, value, now) {
    const before = this._told.get(key);
    const times = before?.value === value ? before.times + 1 : 1;
    this._told.set(key, { value, at: now, times });
  }

  /**
   * How often the value that is wanted was told since it was last confirmed; 0: never.
   *
   * @param {K} key
   */
  times(key) {
    return this._told.get(key)?.times ?? 0;
  }

  /** The other side may have missed everything: tell it all once more. */
  doubt() {
    for (const told of this._told.values()) told.value = undefined;
  }
}

/**
 * @typedef {object} Line what is known of one connection
 * @property {string} epoch of the room that it was made for
 * @property {boolean} fit it has not been silent for long, and the worker knows it
 * @property {boolean} connected media can flow
 * @property {number} since when it was first connected; Infinity: never
 * @property {boolean} covers all that arrives over an older connection arrives over this one too
 *
 * @typedef {{close: Line[], open: boolean}} Plan
 */

/**
 * What to do with the connections. A new one is made beside the old one, which goes on until the
 * new one has taken over. If the room is back at the epoch of the old one, the new one goes.
 *
 * @template {Line} L
 * @param {readonly L[]} lines oldest first
 * @param {string} epoch of the room; '': not known now, so nothing is decided
 * @param {number} now
 * @returns {{close: L[], open: boolean}}
 */
export function plan(lines, epoch, now) {
  const newest = lines.at(-1);
  if (!epoch) return { close: newest ? older(lines, newest, now) : [], open: false };
  const right = lines.findLast((line) => line.epoch === epoch && line.fit);
  if (right) {
    const newer = lines.slice(lines.indexOf(right) + 1);
    return { close: [...newer, ...older(lines, right, now)], open: false };
  }
  // The one that works best goes on meanwhile.
  const kept = lines.findLast(({ connected }) => connected) ?? newest;
  return { close: lines.filter((line) => line !== kept), open: true };
}

/**
 * The connections older than this one that are no longer needed.
 *
 * @template {Line} L
 * @param {readonly L[]} lines
 * @param {L} line
 * @param {number} now
 * @returns {L[]}
 */
function older(lines, line, now) {
  const beside = now - line.since;
  const done = beside >= (line.covers ? SENDS_ON_FOR : TAKE_OVER_WITHIN);
  return line.connected && done ? lines.slice(0, lines.indexOf(line)) : [];
}
