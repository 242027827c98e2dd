// Which tiles are on which page. Pure.

/**
 * @typedef {object} Shown
 * @property {string} key
 * @property {string} person
 * @property {boolean} own
 * @property {boolean} screen
 * @property {boolean} speaking
 */

/** Keeps the order of the tiles, and the page that is open. */
export class Paging {
  constructor() {
    /** The open page, from 0. */
    this.page = 0;
    /** Key of the other person who speaks, or spoke last; '': nobody has. */
    this.speaker = '';
    /** @type {string[]} */
    this._order = [];
    /** @type {Map<string, number>} key to the round in which they spoke last */
    this._spoke = new Map();
    this._round = 0;
  }

  /**
   * What there is now. Tiles keep their order, so that nobody jumps because someone else came.
   *
   * @param {readonly Shown[]} tiles
   */
  take(tiles) {
    this._round += 1;
    const known = new Set(this._order);
    const keys = new Set(tiles.map(({ key }) => key));
    this._order = this._order.filter((key) => keys.has(key));
    for (const { key, person, screen } of tiles) {
      if (known.has(key)) continue;
      const owner = screen ? this._order.indexOf(person) : -1;
      this._order.splice(owner < 0 ? this._order.length : owner, 0, key);
    }
    const speaking = tiles.filter((tile) => tile.speaking && !tile.own).map(({ key }) => key);
    for (const key of speaking) this._spoke.set(key, this._round);
    for (const key of this._spoke.keys()) if (!keys.has(key)) this._spoke.delete(key);
    if (!keys.has(this.speaker)) this.speaker = '';
    // Whoever began first stays, so that two people who talk at once do not flicker.
    if (!speaking.includes(this.speaker)) this.speaker = speaking[0] ?? this.speaker;
  }

  /**
   * The tiles on the open page.
   *
   * @param {readonly string[]} keys those that share the pages
   * @param {number} most on one page
   * @param {string} [first] the key that comes before all others
   * @returns {{keys: string[], pages: number}}
   */
  open(keys, most, first = '') {
    const pages = Math.max(1, Math.ceil(keys.length / most));
    this.page = Math.min(this.page, pages - 1);
    const rest = this._order.filter((key) => key !== first && keys.includes(key));
    const sorted = keys.includes(first) ? [first, ...rest] : rest;
    if (pages === 1) return { keys: sorted, pages };
    // Pages of one size: a last page with one huge tile would look like a mistake.
    const size = Math.ceil(keys.length / pages);
    if (this.page === 0 && !first) this._bringForward(sorted, size);
    return { keys: sorted.slice(this.page * size, (this.page + 1) * size), pages };
  }

  /**
   * Whoever speaks is on the first page, in place of the person who has been silent longest. On
   * other pages nobody moves: people have opened them to see who is there.
   *
   * @param {string[]} sorted is changed, and so is the order
   * @param {number} size
   */
  _bringForward(sorted, size) {
    const last = (/** @type {string} */ key) => this._spoke.get(key) ?? 0;
    for (const key of sorted.slice(size)) {
      if (last(key) !== this._round) continue;
      const silent = sorted.slice(0, size).sort((a, b) => last(a) - last(b))[0];
      if (last(silent) === this._round) return;
      for (const list of [sorted, this._order]) {
        const [from, to] = [list.indexOf(key), list.indexOf(silent)];
        [list[from], list[to]] = [silent, key];
      }
    }
  }

  /** @param {number} step */
  turn(step) {
    this.page = Math.max(0, this.page + step);
  }
}
