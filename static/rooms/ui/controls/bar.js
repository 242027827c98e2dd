import { byId } from '../dom.js';

/** Below this width of the page the controls are always icons. CSS pixels. */
const ICONS_BELOW = 700;

/**
 * Keeps the controls in one row that fits. First the links move into "More", then the words go. The
 * width of words depends on font and language, so the bar is measured.
 */
export function fitBar() {
  const bar = byId('bar', HTMLElement);
  const fit = () => {
    for (const how of window.innerWidth < ICONS_BELOW ? ['icons'] : ['all', 'words', 'icons']) {
      show(bar, how);
      if (bar.scrollWidth <= bar.clientWidth) return;
    }
  };
  const observer = new ResizeObserver(fit);
  observer.observe(bar);
  // A font that loads late, or larger text, changes the buttons but not the bar.
  const buttons = bar.querySelectorAll('.control, .bar-links .button');
  for (const button of buttons) observer.observe(button);
  fit();
}

/**
 * @param {HTMLElement} bar
 * @param {string} how `all`, `words` (links in "More") or `icons`
 */
function show(bar, how) {
  bar.dataset.fit = how;
  const links = byId('bar-links', HTMLElement);
  const place = how === 'all' ? bar : byId('more-links', HTMLElement);
  if (links.parentElement !== place) {
    const focused = links.contains(document.activeElement) ? document.activeElement : null;
    place.prepend(links);
    if (focused instanceof HTMLElement) focused.focus();
  }
  for (const control of bar.querySelectorAll('.control')) {
    if (!(control instanceof HTMLElement)) continue;
    control.title = how === 'icons' ? (control.textContent ?? '').trim() : '';
  }
}
