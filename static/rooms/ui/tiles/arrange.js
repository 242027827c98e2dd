// How people share the stage: who is large, who is small, and who is on another page. Pure.

import { focusIndex } from '../../room/people.js';
import { duo, focused, grid } from './layout.js';

/**
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {import('./layout.js').Ratio} Ratio
 * @typedef {import('./paging.js').Paging} Paging
 * @typedef {import('../../room/people.js').TileModel} TileModel
 * @typedef {import('../../common/choices.js').Layout} Layout
 *
 * @typedef {object} Plan
 * @property {Map<string, Rect>} places of the tiles on the open page
 * @property {string} large key of the large tile, or ''
 * @property {string} corner key of the tile that lies on another one, or ''
 * @property {number} inset width of that tile, for the name below it
 * @property {number} pages
 * @property {Rect | null} pager where the buttons for pages go; null: there is one page
 */

export const GAP = 8;

/** A tile of a grid is no smaller than this if others can go to another page. CSS pixels. */
const LEAST = { width: 150, height: 88 };

/** The same for a tile beside a large one. */
const LEAST_IN_STRIP = { width: 112, height: 62 };

/** The part of the area that the large tile keeps. */
const LARGE = 0.6;

/** No page has more: each video costs the computer, whatever its size. */
const MOST = 25;

/** One's own tile is on every page that has room for so many. */
const WITH_OWN = 3;

/** The buttons for pages: their height below the tiles, or their width beside them. */
const PAGER = { below: 44, beside: 72, tight: 96 };

/** In an area lower than this, the buttons beside the tiles are next to each other. */
const TIGHT = 140;

/** In a lower area the buttons for pages are beside the tiles. */
const LOW = 420;

/**
 * @param {Rect} area
 * @param {readonly TileModel[]} tiles that are to be shown
 * @param {(key: string) => Ratio} ratio
 * @param {{layout: Layout, pinned: string}} wish
 * @param {Paging} paging knows these tiles
 * @returns {Plan}
 */
export function arrange(area, tiles, ratio, wish, paging) {
  const keys = tiles.map(({ key }) => key);
  const large = largeTile(tiles, wish, paging.speaker);
  if (!large && wish.layout !== 'grid' && tiles.length === 2 && tiles[1].own) {
    return two(area, keys, ratio);
  }
  const others = keys.filter((key) => key !== large);
  const room = (/** @type {Rect} */ space) =>
    large ? roomBeside(space, others.map(ratio), ratio(large)) : roomInGrid(space);
  if (large && others.length && !room(area)) return alone(area, keys, large, ratio, paging);
  if (others.length <= room(area)) {
    const { keys: page } = paging.open(others, others.length || 1);
    return { ...place(area, page, large, ratio), pages: 1, pager: null };
  }
  const [space, pager] = withPager(area);
  // One's own tile costs nothing to receive, and is on every page.
  const own = tiles.find((tile) => tile.own && !tile.screen && tile.key !== large)?.key ?? '';
  const most = Math.max(1, room(space));
  const again = own && most >= WITH_OWN;
  const { keys: page, pages } = again
    ? paging.open(others.filter((key) => key !== own), most - 1)
    : paging.open(others, most);
  if (again) page.push(own);
  return { ...place(space, page, large, ratio), pages, pager: pages > 1 ? pager : null };
}

/**
 * The tile to show large: the pinned one, a shared screen, or in the layout "focus" whoever speaks.
 *
 * @param {readonly TileModel[]} tiles
 * @param {{layout: Layout, pinned: string}} wish
 * @param {string} speaker
 * @returns {string} key, or ''
 */
export function largeTile(tiles, { layout, pinned }, speaker) {
  const key = tiles[focusIndex(tiles, pinned)]?.key ?? '';
  if (key && (key === pinned || layout !== 'grid')) return key;
  // Two people see each other large in any case.
  if (layout !== 'focus' || tiles.length < 3) return '';
  const camera = tiles.find((tile) => tile.key === speaker) ?? tiles.find(({ own }) => !own);
  return camera?.key ?? '';
}

/**
 * The tile to watch while the page is covered: the large one, or whoever speaks or spoke last.
 *
 * @param {readonly TileModel[]} tiles
 * @param {{layout: Layout, pinned: string}} wish
 * @param {string} speaker
 * @returns {string} key, or ''
 */
export function watchedTile(tiles, wish, speaker) {
  // One's own shared screen may show the small window, and so on without end.
  const others = tiles.filter(({ own }) => !own);
  const named = (/** @type {string} */ wanted) => others.find(({ key }) => key === wanted);
  const seen = () => others.find(({ camera, screen }) => camera || screen) ?? others[0] ?? tiles[0];
  return (named(largeTile(tiles, wish, speaker)) ?? named(speaker) ?? seen())?.key ?? '';
}

/**
 * @param {Rect} area
 * @param {string[]} keys the other person's and one's own
 * @param {(key: string) => Ratio} ratio
 * @returns {Plan}
 */
function two(area, [theirs, own], ratio) {
  const { main, corner, over } = duo(area, ratio(theirs), ratio(own), GAP);
  const places = new Map([[theirs, main], [own, corner]]);
  const inset = over ? corner.width : 0;
  return { places, large: '', corner: over ? own : '', inset, pages: 1, pager: null };
}

/**
 * @param {Rect} area
 * @param {string[]} page
 * @param {string} large
 * @param {(key: string) => Ratio} ratio
 */
function place(area, page, large, ratio) {
  const keys = large ? [large, ...page] : page;
  const ratios = keys.map(ratio);
  const rects = large ? focused(area, ratios, 0, GAP) : grid(area, ratios, GAP);
  const places = new Map(keys.map((key, index) => [key, rects[index]]));
  return { places, large, corner: '', inset: 0 };
}

/**
 * There is no space beside the large tile, so it has the first page for itself.
 *
 * @param {Rect} area
 * @param {string[]} keys
 * @param {string} large
 * @param {(key: string) => Ratio} ratio
 * @param {Paging} paging
 * @returns {Plan}
 */
function alone(area, keys, large, ratio, paging) {
  const [space, pager] = withPager(area);
  const { keys: page, pages } = paging.open(keys, 1, large);
  const shown = page[0] === large ? large : '';
  return { ...place(space, shown ? [] : page, shown, ratio), pages, pager };
}

/**
 * How many tiles fit into a grid.
 *
 * @param {Rect} area
 */
function roomInGrid({ width, height }) {
  const columns = Math.floor((width + GAP) / (LEAST.width + GAP));
  const rows = Math.floor((height + GAP) / (LEAST.height + GAP));
  return Math.max(1, Math.min(MOST, columns * rows));
}

/**
 * How many tiles fit beside a large one; 0: there is no space even for one.
 *
 * @param {Rect} area
 * @param {readonly Ratio[]} others
 * @param {Ratio} large
 */
function roomBeside(area, others, large) {
  let count = Math.min(others.length, MOST - 1);
  while (count > 0 && !roomy(area, focused(area, [large, ...others.slice(0, count)], 0, GAP))) {
    count -= 1;
  }
  return count;
}

/**
 * @param {Rect} area
 * @param {Rect[]} rects the large one first
 */
function roomy(area, [large, ...strip]) {
  const part = (large.width * large.height) / (area.width * area.height);
  // In a tall area the large tile has its own place above the others.
  if (area.width >= area.height * 1.2 && part < LARGE) return false;
  const { width, height } = LEAST_IN_STRIP;
  return strip.every((rect) => rect.width >= width && rect.height >= height);
}

/**
 * The space for tiles, and that for the buttons.
 *
 * @param {Rect} area
 * @returns {[Rect, Rect]}
 */
function withPager(area) {
  const { x, y, width, height } = area;
  if (height < LOW && width > height * 1.5) {
    const beside = height < TIGHT ? PAGER.tight : PAGER.beside;
    const left = width - beside;
    return [
      { ...area, width: left - GAP },
      { x: x + left, y, width: beside, height },
    ];
  }
  const top = height - PAGER.below;
  return [
    { ...area, height: top - GAP },
    { x, y: y + top, width, height: PAGER.below },
  ];
}
