// The waiting page: counts down until the room opens, then loads it. The server says how many
// seconds are left. A monotonic clock counts them, so the visitor's own clock does not matter.

import { delay } from '../../common/backoff.js';
import { askedByScript } from '../../common/config.js';
import { fromNow, stillWaiting } from '../../common/moments.js';
import { byId } from '../dom.js';
import { LOCALE } from '../moments.js';

/** Spreads the requests of all who wait. Milliseconds. */
const SPREAD = 2000;

/** The longest pause between requests that change nothing. Milliseconds. */
const LONGEST = 60_000;

/** A page that wakes up asks again, but no more often than this. Milliseconds. */
const AWAKE_AGAIN = 5000;

const element = byId('left', HTMLElement);
const [navigation] = performance.getEntriesByType('navigation');
const arrived =
  navigation instanceof PerformanceNavigationTiming
    ? navigation.responseStart
    : performance.now();
let end = arrived + Number(element.dataset.left) * 1000;
let asked = performance.now();
/** Number of reloads and requests in a row that changed nothing. */
let inVain = Number(history.state?.inVain ?? 0);
let timer = 0;

function tick() {
  clearTimeout(timer);
  const left = end - performance.now();
  element.textContent = `, ${fromNow(Math.max(0, left) / 1000, LOCALE)}`;
  const pause = inVain ? delay(inVain, Math.random(), LONGEST) : Math.random() * SPREAD;
  timer = left > 0 ? setTimeout(tick, Math.min(left, 1000)) : setTimeout(ask, pause);
}

/** Ask the server how much time is left. Reload if there is another page now. */
async function ask() {
  clearTimeout(timer);
  asked = performance.now();
  const waiting = await answer();
  if (waiting === null) {
    history.replaceState({ ...history.state, inVain: inVain + 1 }, '');
    location.reload();
    return;
  }
  inVain = waiting > 1 ? 0 : inVain + 1;
  end = performance.now() + waiting * 1000;
  tick();
}

/** @returns {Promise<number | null>} seconds left; null: there is another page now */
async function answer() {
  try {
    const options = /** @type {const} */ ({ method: 'HEAD', cache: 'no-store' });
    const { status, headers } = await fetch(askedByScript(location.href), options);
    const retryAfter = headers.get('Retry-After');
    return status >= 500 && retryAfter === null ? 0 : stillWaiting(status, retryAfter);
  } catch {
    return 0; // offline: ask again later
  }
}

/** A sleeping computer may stop the clock. */
function wake() {
  if (document.visibilityState === 'visible' && performance.now() - asked > AWAKE_AGAIN) void ask();
}

document.addEventListener('visibilitychange', wake);
globalThis.addEventListener('pageshow', (event) => event.persisted && wake());
globalThis.addEventListener('online', wake);
tick();
