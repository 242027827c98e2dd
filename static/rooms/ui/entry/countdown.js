// The waiting page: how long until it opens, and then in. The server says how many seconds are left, and they are
// counted by a clock that only runs forward. What the visitor's own clock says does not matter.

import { delay } from '../../common/backoff.js';
import { askedByScript } from '../../common/config.js';
import { fromNow, stillWaiting } from '../../common/moments.js';
import { byId } from '../dom.js';
import { LOCALE } from '../moments.js';

/** Not everybody who waits comes in the same instant. Milliseconds. */
const SPREAD = 2000;

/** The longest pause between questions that change nothing, in milliseconds. */
const LONGEST = 60_000;

/** A page that was asleep asks again, but no more often than this. Milliseconds. */
const AWAKE_AGAIN = 5000;

const element = byId('left', HTMLElement);
const [navigation] = performance.getEntriesByType('navigation');
const arrived = navigation instanceof PerformanceNavigationTiming ? navigation.responseStart : performance.now();
let end = arrived + Number(element.dataset.left) * 1000;
let asked = performance.now();
/** How often the page was loaded again, or the server asked, and nothing had changed. */
let inVain = Number(history.state?.inVain ?? 0);
let timer = 0;

function tick() {
  clearTimeout(timer);
  const left = end - performance.now();
  element.textContent = `, ${fromNow(Math.max(0, left) / 1000, LOCALE)}`;
  const pause = inVain ? delay(inVain, Math.random(), LONGEST) : Math.random() * SPREAD;
  timer = left > 0 ? setTimeout(tick, Math.min(left, 1000)) : setTimeout(ask, pause);
}

/** Ask the server how long it is now, and load the page again if there is another one. */
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

/** @returns {Promise<number | null>} seconds that are left, or null: there is another page now */
async function answer() {
  try {
    const { status, headers } = await fetch(askedByScript(location.href), { method: 'HEAD', cache: 'no-store' });
    return status >= 500 && !headers.has('Retry-After') ? 0 : stillWaiting(status, headers.get('Retry-After'));
  } catch {
    return 0; // offline: ask again later
  }
}

/** A computer that sleeps may stop our clock. */
function wake() {
  if (document.visibilityState === 'visible' && performance.now() - asked > AWAKE_AGAIN) void ask();
}

document.addEventListener('visibilitychange', wake);
globalThis.addEventListener('pageshow', (event) => event.persisted && wake());
globalThis.addEventListener('online', wake);
tick();
