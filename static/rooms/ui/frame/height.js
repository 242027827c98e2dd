// How high a page in a frame is.

/**
 * @param {HTMLElement} page whose parts lie one below the other
 * @returns {number} CSS pixels that it needs
 */
export function neededHeight(page) {
  const { paddingTop, paddingBottom, rowGap } = getComputedStyle(page);
  const parts = [...page.querySelectorAll(':scope > :is(.card, .credit)')];
  const heights = parts.map((part) => part.getBoundingClientRect().height);
  const gaps = Math.max(0, parts.length - 1) * (parseFloat(rowGap) || 0);
  const all = heights.reduce((sum, height) => sum + height, gaps);
  return Math.ceil(all + parseFloat(paddingTop) + parseFloat(paddingBottom));
}
