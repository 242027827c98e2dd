// Reactions: which there are, and how many people's are announced in one sentence. Pure.

/** As the server knows them. */
export const KINDS = /** @type {const} */ (['thumbs_up', 'heart', 'laugh', 'clap', 'party']);

/** @typedef {typeof KINDS[number]} Kind */
/** @typedef {{kind: Kind, name: string, others: number}} Bundle `name`: of the first person */

/** The first reaction waits so long for more of them, and the next words so long. Milliseconds. */
const GATHER = 800;
const PAUSE = 3000;

/**
 * @param {string} kind
 * @returns {kind is Kind}
 */
export function isKind(kind) {
  return KINDS.some((known) => known === kind);
}

/** Gathers reactions, so that a room that claps is announced once. */
export class Bundles {
  constructor() {
    /** @type {Map<Kind, Map<string, string>>} name by participant, the first one first */
    this._waiting = new Map();
    this._first = 0;
    this._told = -Infinity;
  }

  /**
   * @param {Kind} kind
   * @param {string} participant
   * @param {string} name
   * @param {number} now milliseconds
   */
  add(kind, participant, name, now) {
    if (!this._waiting.size) this._first = now;
    const people = this._waiting.get(kind) ?? new Map();
    this._waiting.set(kind, people.set(participant, people.get(participant) ?? name));
  }

  /** When the next words are due. Infinity: there are none. */
  get due() {
    if (!this._waiting.size) return Infinity;
    return Math.max(this._first + GATHER, this._told + PAUSE);
  }

  /**
   * @param {number} now milliseconds
   * @returns {Bundle[]} what to announce now
   */
  take(now) {
    if (now < this.due) return [];
    const bundles = [...this._waiting].map(([kind, people]) => {
      const [name] = people.values();
      return { kind, name, others: people.size - 1 };
    });
    this._waiting.clear();
    this._told = now;
    return bundles;
  }
}
