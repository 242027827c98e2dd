// Keeps the admin's page "Live" up to date.

const REFRESH_MS = 2000;
const PATIENCE_MS = 5000;

/** The page is in the background, or someone has selected a number to copy. */
function isLeftAlone() {
  return document.hidden || document.getSelection()?.type === 'Range';
}

/**
 * The selector of a link or button.
 *
 * @param {Element | null} element
 */
function name(element) {
  if (element?.id) return `#${CSS.escape(element.id)}`;
  const link = element?.getAttribute('href');
  return link ? `a[href="${CSS.escape(link)}"]` : '';
}

/**
 * A part of the page, without what folds it.
 *
 * @param {ParentNode} from
 * @param {string | null} part
 */
function content(from, part) {
  const box = from.querySelector(`[data-part="${part}"]`);
  return box instanceof HTMLDetailsElement ? box.querySelector(':scope > div') : box;
}

/**
 * Load people and numbers anew.
 *
 * @param {HTMLElement} box
 */
async function refresh(box) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(box.dataset.live ?? '', { signal });
  if (response.redirected || response.status === 403) {
    // Signed out. The whole page says so.
    location.reload();
    return;
  }
  if (!response.ok) throw new Error(`the site says ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const active = document.activeElement;
  const focused = box.contains(active) ? name(active) : '';
  for (const fresh of page.querySelectorAll('[data-part]')) {
    // What is folded stays as the owner has left it.
    const [inner, anew] = [box, page].map((from) => content(from, fresh.getAttribute('data-part')));
    if (inner && anew) inner.replaceChildren(...anew.childNodes);
  }
  const again = focused && box.querySelector(focused);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} box
 * @param {HTMLElement} old the message that the numbers are out of date
 */
async function keepFresh(box, old) {
  if (!isLeftAlone()) {
    try {
      await refresh(box);
      old.hidden = true;
    } catch {
      old.hidden = false;
    }
  }
  setTimeout(() => keepFresh(box, old), REFRESH_MS);
}

const box = document.getElementById('live');
const old = document.getElementById('live-old');
if (box && old) setTimeout(() => keepFresh(box, old), REFRESH_MS);

export {};
