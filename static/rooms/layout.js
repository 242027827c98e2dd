// Where each tile goes. Pure: sizes in, rectangles out, all in CSS pixels.

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

const RATIO = 16 / 9;

/** Below this width a tile in the strip says nothing any more. */
const STRIP_MIN = 112;

/** Between these ratios a tile fills the space that there is, and a camera's picture is cropped a little. */
const NARROWEST = 1;
const WIDEST = 2;

/**
 * All tiles of one size, as large as they fit; the last row is centred.
 *
 * @param {Rect} area
 * @param {number} count
 * @param {number} gap
 * @returns {Rect[]}
 */
export function grid(area, count, gap) {
  if (count === 0) return [];
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const size = fit((area.width - gap * (columns - 1)) / columns, (area.height - gap * (rows - 1)) / rows);
    if (size.width * size.height > best.width * best.height) best = { columns, ...size };
  }
  return rowsOf(area, count, gap, best);
}

/**
 * @param {number} width
 * @param {number} height
 */
function fit(width, height) {
  const ratio = Math.min(WIDEST, Math.max(NARROWEST, width / height));
  return { width: Math.min(width, height * ratio), height: Math.min(height, width / ratio) };
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
    return { x: left + (index % columns) * (width + gap), y: top + row * (height + gap), width, height };
  });
}

/**
 * One tile large, the others in a strip at its right or below it: whichever leaves the larger picture.
 *
 * @param {Rect} area
 * @param {number} count
 * @param {number} focus index of the large one
 * @param {number} gap
 * @returns {Rect[]}
 */
export function focused(area, count, focus, gap) {
  const others = count - 1;
  if (others <= 0) return [area];
  if (area.height > area.width * 1.2) return stacked(area, others, focus, gap);
  const right = column(area, others, gap);
  const below = row(area, others, gap);
  const beside = { ...area, width: area.width - right.depth - gap };
  const above = { ...area, height: area.height - below.depth - gap };
  const [strip, main] = picture(beside) > picture(above) ? [right, beside] : [below, above];
  const rects = [...strip.rects];
  rects.splice(focus, 0, main);
  return rects;
}

/**
 * On a phone: the large tile over the full width, and under it a grid of the others.
 *
 * @param {Rect} area
 * @param {number} others
 * @param {number} focus
 * @param {number} gap
 */
function stacked(area, others, focus, gap) {
  const height = Math.min(area.width * 0.75, area.height * 0.6);
  const top = area.y + height + gap;
  const rects = grid({ ...area, y: top, height: area.height - height - gap }, others, gap);
  rects.splice(focus, 0, { ...area, height });
  return rects;
}

/**
 * How wide a picture of 16:9 gets in there.
 *
 * @param {Rect} rect
 */
function picture({ width, height }) {
  return Math.min(width, height * RATIO);
}

/**
 * @param {Rect} area
 * @param {number} count
 * @param {number} gap
 */
function column(area, count, gap) {
  let columns = 1;
  let width = Math.min(240, area.width / 4);
  const rowsFit = () => Math.floor((area.height + gap) / (width / RATIO + gap));
  while (columns * rowsFit() < count && columns < count) {
    if (width > STRIP_MIN) width = Math.max(STRIP_MIN, width - 16);
    else columns += 1;
  }
  const height = width / RATIO;
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
 */
function row(area, count, gap) {
  const perRow = Math.max(2, Math.min(count, Math.floor((area.width + gap) / (STRIP_MIN + gap))));
  const rows = Math.ceil(count / perRow);
  const width = Math.min(240, (area.width - gap * (perRow - 1)) / perRow);
  const height = Math.min(width / RATIO, (area.height / 2 - gap * (rows - 1)) / rows);
  const depth = rows * height + (rows - 1) * gap;
  const strip = { ...area, y: area.y + area.height - depth, height: depth };
  return { depth, rects: rowsOf(strip, count, gap, { columns: perRow, width, height }) };
}
