// Where each tile goes. Pure: sizes in, rectangles out, all in CSS pixels.

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

/**
 * Width by height of the video in a tile; null: there is none, so any shape will do.
 *
 * @typedef {number | null} Ratio
 */

const RATIO = 16 / 9;

/** A tile in the strip is useless below this width. */
const STRIP_MIN = 112;

/** A tile without a video has a ratio between these. */
const NARROWEST = 1;
const WIDEST = 2;

/** A video that fills its tile loses at most this part of its width or height. */
const CROP = 0.12;

/** One's own tile in the corner: share of the area's width, and limits in pixels. */
const CORNER = { part: 0.24, least: 112, most: 240 };

/** Height of the buttons at the top of a tile, with the space around them. */
const BUTTONS = 56;

/**
 * Would the video lose too much if it filled the tile?
 *
 * @param {Ratio} ratio
 * @param {{width: number, height: number}} tile
 */
export function mustShrink(ratio, { width, height }) {
  if (ratio === null || height <= 0) return false;
  const shape = width / height;
  return 1 - Math.min(ratio / shape, shape / ratio) > CROP + 0.005; // whole pixels
}

/**
 * All tiles at one size, with the last row centred. The number of columns is the one that shows the
 * videos largest.
 *
 * @param {Rect} area
 * @param {readonly Ratio[]} ratios one for each tile
 * @param {number} gap
 * @returns {Rect[]}
 */
export function grid(area, ratios, gap) {
  const count = ratios.length;
  let best = { columns: 1, width: 0, height: 0, shown: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const width = (area.width - gap * (columns - 1)) / columns;
    const height = (area.height - gap * (rows - 1)) / rows;
    let shown = 0;
    for (const ratio of ratios) shown += whole(ratio, width, height);
    if (shown > best.shown) best = { columns, ...fit(width, height, ratios), shown };
  }
  return rowsOf(area, count, gap, best);
}

/**
 * The area that the whole video covers in there.
 *
 * @param {Ratio} ratio
 * @param {number} width
 * @param {number} height
 */
function whole(ratio, width, height) {
  if (width <= 0 || height <= 0) return 0;
  const shape = ratio ?? Math.min(WIDEST, Math.max(NARROWEST, width / height));
  return Math.min(width, height * shape) * Math.min(height, width / shape);
}

/**
 * The tile in this space for these videos: no wider and no taller than one of them can fill.
 *
 * @param {number} width
 * @param {number} height
 * @param {readonly Ratio[]} ratios
 */
function fit(width, height, ratios) {
  const videos = ratios.filter((ratio) => ratio !== null);
  const narrowest = videos.length ? Math.min(...videos) * (1 - CROP) : NARROWEST;
  const widest = videos.length ? Math.max(...videos) / (1 - CROP) : WIDEST;
  const shape = Math.min(widest, Math.max(narrowest, width / height));
  return { width: Math.min(width, height * shape), height: Math.min(height, width / shape) };
}

/**
 * Two people: the other one as large as possible, and oneself small in a corner, without covering
 * buttons or the name. They share the area if there is no such corner, or if that makes the other
 * one as large, as on a phone.
 *
 * @param {Rect} area
 * @param {Ratio} theirs
 * @param {Ratio} own
 * @param {number} gap
 * @returns {{main: Rect, corner: Rect, over: boolean}} `over`: the corner lies on the main tile
 */
export function duo(area, theirs, own, gap) {
  const [main] = grid(area, [theirs], gap);
  const [first, second] = grid(area, [theirs, own], gap);
  const shown = (/** @type {Rect} */ { width, height }) => whole(theirs, width, height);
  if (shown(first) >= shown(main) * 0.95) return { main: first, corner: second, over: false };
  const shape = Math.min(RATIO, Math.max(3 / 4, own ?? RATIO));
  const width = Math.min(CORNER.most, Math.max(CORNER.least, area.width * CORNER.part));
  const height = Math.min(width / shape, Math.max(area.height * 0.35, CORNER.least / RATIO));
  const size = { width: Math.max(height * shape, CORNER.least), height };
  const [right, bottom] = [area.x + area.width - gap, area.y + area.height - gap];
  const corner = { x: right - size.width, y: bottom - size.height, ...size };
  const over = corner.x < main.x + main.width && corner.y < main.y + main.height;
  const aside = corner.y >= main.y + BUTTONS && corner.x >= main.x + main.width / 2;
  if (!over || aside) return { main, corner, over };
  return { main: first, corner: second, over: false };
}

/**
 * @param {Rect} area
 * @param {number} count
 * @param {number} gap
 * @param {{columns: number, width: number, height: number}} tile
 * @returns {Rect[]}
 */
function rowsOf(area, count, gap, { columns, width, height }) {
  const rows = Math.ceil(count / columns);
  const top = area.y + (area.height - rows * height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = area.x + (area.width - inRow * width - (inRow - 1) * gap) / 2;
    const x = left + (index % columns) * (width + gap);
    return { x, y: top + row * (height + gap), width, height };
  });
}

/**
 * One tile large, the others in a strip on its right or below it, whichever leaves more room.
 *
 * @param {Rect} area
 * @param {readonly Ratio[]} ratios
 * @param {number} focus index of the large one
 * @param {number} gap
 * @returns {Rect[]}
 */
export function focused(area, ratios, focus, gap) {
  const others = ratios.filter((_, index) => index !== focus);
  if (!others.length) return [area];
  if (area.height > area.width * 1.2) return stacked(area, others, focus, gap);
  const shape = stripShape(others);
  const right = column(area, others.length, gap, shape);
  const below = row(area, others.length, gap, shape);
  const beside = { ...area, width: area.width - right.depth - gap };
  const above = { ...area, height: area.height - below.depth - gap };
  const ratio = ratios[focus] ?? RATIO;
  const size = (/** @type {Rect} */ { width, height }) => whole(ratio, width, height);
  const [strip, main] = size(beside) > size(above) ? [right, beside] : [below, above];
  const rects = [...strip.rects];
  rects.splice(focus, 0, main);
  return rects;
}

/**
 * The shape of the tiles in a strip with these videos.
 *
 * @param {readonly Ratio[]} ratios
 */
function stripShape(ratios) {
  const videos = ratios.filter((ratio) => ratio !== null);
  if (!videos.length) return RATIO;
  const mean = videos.reduce((sum, ratio) => sum + ratio, 0) / videos.length;
  return Math.min(RATIO, Math.max(4 / 3, mean));
}

/**
 * On a phone: the large tile at full width, and a grid of the others below it.
 *
 * @param {Rect} area
 * @param {readonly Ratio[]} others
 * @param {number} focus
 * @param {number} gap
 */
function stacked(area, others, focus, gap) {
  const height = Math.min(area.width * 0.75, area.height * 0.6);
  const top = area.y + height + gap;
  const rects = grid({ ...area, y: top, height: area.height - height - gap }, others, gap);
  // The grid is in the middle of its space; the large tile stays close to it.
  rects.splice(focus, 0, { ...area, y: area.y + rects[0].y - top, height });
  return rects;
}

/**
 * @param {Rect} area
 * @param {number} count
 * @param {number} gap
 * @param {number} shape
 */
function column(area, count, gap, shape) {
  let columns = 1;
  let width = Math.min(240, area.width / 4);
  const rowsFit = () => Math.floor((area.height + gap) / (width / shape + gap));
  while (columns * rowsFit() < count && columns < count) {
    if (width > STRIP_MIN) width = Math.max(STRIP_MIN, width - 16);
    else columns += 1;
  }
  const height = width / shape;
  const rows = Math.ceil(count / columns);
  const depth = columns * width + (columns - 1) * gap;
  const top = area.y + Math.max(0, (area.height - rows * height - (rows - 1) * gap) / 2);
  const left = area.x + area.width - depth;
  const rects = Array.from({ length: count }, (_, index) => ({
    x: left + (index % columns) * (width + gap),
    y: top + Math.floor(index / columns) * (height + gap),
    width,
    height,
  }));
  return { depth, rects };
}

/**
 * @param {Rect} area
 * @param {number} count
 * @param {number} gap
 * @param {number} shape
 */
function row(area, count, gap, shape) {
  const perRow = Math.max(2, Math.min(count, Math.floor((area.width + gap) / (STRIP_MIN + gap))));
  const rows = Math.ceil(count / perRow);
  const width = Math.min(240, (area.width - gap * (perRow - 1)) / perRow);
  const height = Math.min(width / shape, (area.height / 2 - gap * (rows - 1)) / rows);
  const depth = rows * height + (rows - 1) * gap;
  const strip = { ...area, y: area.y + area.height - depth, height: depth };
  return { depth, rects: rowsOf(strip, count, gap, { columns: perRow, width, height }) };
}
