// On the page of an invite: takes the token out of the address bar, and recognises people whose
// browser keeps no cookies.

import { askedByScript } from '../../common/config.js';
import { configText, find, isFramed, pageAddress } from '../dom.js';

const entry = document.querySelector('meta[name=entry]');
const config = find('config', HTMLScriptElement) && JSON.parse(configText());

/**
 * Keeps the rest of the state, in which a waiting page counts (countdown.js).
 *
 * @param {string} pass for the next time that this tab loads this address
 */
function keepPass(pass) {
  const { pass: _before, ...rest } = history.state ?? {};
  history.replaceState(pass ? { ...rest, pass } : rest, '');
}

/**
 * Load the page again as the same person as before. It is a POST, so that the pass is in no
 * address.
 *
 * @param {string} pass
 */
function handBack(pass) {
  const form = document.createElement('form');
  const field = document.createElement('input');
  form.method = 'post';
  form.action = location.href;
  form.hidden = true;
  field.name = 'pass';
  field.value = pass;
  form.append(field);
  document.documentElement.append(form);
  form.submit();
}

/**
 * Show the room's own address if the browser keeps the cookie. Else a reload there would know no
 * one.
 */
async function tidyAddress() {
  const room = new URL(config.address, pageAddress());
  const known = entry?.getAttribute('content') === 'kept';
  const kept = known || (!isFramed() && (await cookieWasKept(room)));
  if (kept) history.replaceState(null, '', room);
}

/** @param {URL} room */
async function cookieWasKept(room) {
  try {
    const answer = await fetch(askedByScript(room), { method: 'HEAD', cache: 'no-store' });
    return answer.ok && answer.headers.get('Pass') === 'kept';
  } catch {
    return false; // offline: the address stays as it is
  }
}

function start() {
  const state = entry?.getAttribute('content');
  const before = history.state?.pass;
  if (state === 'new' && typeof before === 'string') return handBack(before);
  const own = entry instanceof HTMLElement ? entry.dataset.pass : '';
  if (state !== 'kept') keepPass(config?.pass ?? own ?? '');
  if (config) void tidyAddress();
}

start();
