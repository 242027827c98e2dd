// The page of those who wait for the host: asks whether the host has come, then loads the call.

import { delay } from '../../common/backoff.js';
import { byId } from '../dom.js';

/** Between two questions, give or take a quarter. Milliseconds. */
const EVERY = 1600;

/** The longest pause after failures. Milliseconds. */
const LONGEST = 30_000;

const address = byId('waiting', HTMLElement).dataset.ask ?? '';
/** Number of reloads in a row that changed nothing. */
let inVain = Number(history.state?.inVain ?? 0);
let failures = 0;
let knocked = false;
let timer = 0;

async function ask() {
  clearTimeout(timer);
  // A page that was loaded ahead, and is not seen yet, does not call anyone.
  const knocks = !knocked && document.visibilityState === 'visible';
  const answer = await answerTo(knocks ? 'POST' : 'GET');
  if (answer === 'come') return reload(inVain + 1);
  failures = answer === 'unknown' ? failures + 1 : 0;
  if (answer === 'wait') {
    knocked ||= knocks;
    inVain = 0;
  }
  const random = Math.random();
  next(failures ? delay(failures, random, LONGEST) : EVERY * (0.75 + random / 2));
}

/** @param {number} pause */
function next(pause) {
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

/**
 * @param {'GET' | 'POST'} method POST also tells the host that somebody is here
 * @returns {Promise<'wait' | 'come' | 'unknown'>}
 */
async function answerTo(method) {
  try {
    const answer = await fetch(address, { method, cache: 'no-store', credentials: 'omit' });
    if (answer.status === 404) return 'come'; // the page is too old: another one waits
    if (!answer.ok) return 'unknown';
    return (await answer.json()).wait === false ? 'come' : 'wait';
  } catch {
    return 'unknown'; // offline
  }
}

/** @param {number} inVain */
function reload(inVain) {
  history.replaceState({ ...history.state, inVain }, '');
  location.reload();
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') void ask();
});
globalThis.addEventListener('pageshow', (event) => event.persisted && void ask());
globalThis.addEventListener('online', () => void ask());
// A page that was reloaded for nothing waits longer each time.
next(inVain ? delay(inVain, Math.random(), LONGEST) : 0);
