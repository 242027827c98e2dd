// The admin's page "Live" brings itself up to date.

const REFRESH_MS = 2000;
const PATIENCE_MS = 5000;

/** Nobody looks, or somebody is about to copy a number: then nothing moves. */
function isLeftAlone() {
  return document.hidden || document.getSelection()?.type === 'Range';
}

/**
 * Shows what the site says now.
 *
 * @param {HTMLElement} box
 */
async function refresh(box) {
  const response = await fetch(box.dataset.live ?? '', { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.redirected || response.status === 403) {
    // Signed out: the page itself says so.
    location.reload();
    return;
  }
  if (!response.ok) throw new Error(`the site says ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const focused = box.contains(document.activeElement) ? document.activeElement?.getAttribute('href') : null;
  box.replaceChildren(...page.body.childNodes);
  const again = focused && box.querySelector(`a[href="${CSS.escape(focused)}"]`);
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} box
 * @param {HTMLElement} old says that the numbers are old
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
