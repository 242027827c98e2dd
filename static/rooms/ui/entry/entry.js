// Behind an invite: take its token out of the address bar, or know a person again whose browser keeps no cookies.

import { askedByScript } from '../../common/config.js';
import { configText, find, isFramed, pageAddress } from '../dom.js';

const entry = document.querySelector('meta[name=entry]');
const config = find('config', HTMLScriptElement) && JSON.parse(configText());

/**
 * The rest of the state is not this script's: a waiting page counts there (countdown.js).
 *
 * @param {string} pass for the next time this very tab asks for this very address
 */
function keepPass(pass) {
  const { pass: _before, ...rest } = history.state ?? {};
  history.replaceState(pass ? { ...rest, pass } : rest, '');
}

/**
 * Ask for the page again as the person that this tab was before. A POST, so that the pass is in no address.
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

/** The room's own address, where the browser has kept the cookie; else reloading would show a stranger's page. */
async function tidyAddress() {
  const room = new URL(config.address, pageAddress());
  const kept = entry?.getAttribute('content') === 'kept' || (!isFramed() && (await cookieWasKept(room)));
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
