import { byId } from '../dom.js';

/** Below this width of the page the controls are always icons. CSS pixels. */
const ICONS_BELOW = 700;

/**
 * What the bar may show, the most first. `fit`: `all`, `words` (the links are in "More") or
 * `icons`; `extras`, which are "Raise hand" and "React": with `words`, as `icons`, or in `more`.
 */
const WIDE = [
  { fit: 'all', extras: 'words' },
  { fit: 'all', extras: 'icons' },
  { fit: 'all', extras: 'more' },
  { fit: 'words', extras: 'words' },
  { fit: 'words', extras: 'icons' },
  { fit: 'icons', extras: 'icons' },
  { fit: 'icons', extras: 'more' },
];
const NARROW = WIDE.filter(({ fit }) => fit === 'icons');

/**
 * Keeps the controls in one row that fits. First the links move into "More", then the words go. The
 * width of words depends on font and language, so the bar is measured.
 */
export function fitBar() {
  const bar = byId('bar', HTMLElement);
  const fit = () => {
    for (const { fit, extras } of window.innerWidth < ICONS_BELOW ? NARROW : WIDE) {
      show(bar, fit, extras);
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
 * @param {string} fit
 * @param {string} extras
 */
function show(bar, fit, extras) {
  bar.dataset.fit = fit;
  bar.dataset.extras = extras;
  const links = byId('bar-links', HTMLElement);
  const place = fit === 'all' ? bar : byId('more-links', HTMLElement);
  move(links, place, () => place.prepend(links));
  const others = byId('extras', HTMLElement);
  const more = byId('more', HTMLElement);
  const row = more.parentElement;
  if (extras === 'more') {
    const slot = byId('more-extras', HTMLElement);
    move(others, slot, () => slot.append(others));
  } else if (row) {
    move(others, row, () => more.before(others));
  }
  for (const control of bar.querySelectorAll('.control')) {
    if (!(control instanceof HTMLElement)) continue;
    const icons = (control.classList.contains('extra') ? extras : fit) === 'icons';
    control.title = icons ? (control.textContent ?? '').trim() : '';
  }
}

/**
 * @param {HTMLElement} part
 * @param {HTMLElement} place
 * @param {() => void} put puts it there; the focus stays in it
 */
function move(part, place, put) {
  if (part.parentElement === place) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  put();
  if (focused instanceof HTMLElement) focused.focus();
}
