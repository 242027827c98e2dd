import { askedByScript, withName } from '../../common/config.js';
import { text } from '../../common/texts.js';
import { byId, make } from '../dom.js';
import { openTab } from '../controls/link_buttons.js';

/** Etherpad on a slow line takes some seconds; a frame that has not loaded by then will not. */
const LOAD_WITHIN = 15_000;

/**
 * The notes beside the call. Called after the join, so that they never delay sound.
 *
 * @param {import('../../common/types.js').Config} config
 * @param {string} name
 */
export async function notesFrame(config, name) {
  const place = byId('notes-frame', HTMLElement);
  const message = byId('notes-message', HTMLElement);
  const open = byId('notes-open', HTMLButtonElement);
  const frame = make('iframe');
  const failed = () => {
    byId('notes-text', HTMLElement).textContent = text('notes.failed');
    message.hidden = false;
    open.hidden = false;
  };
  // Our own address of the notes says what is wrong where they are not there.
  open.onclick = () => openTab(withName(config.notes.check || config.links.open_notes, name));
  const timer = setTimeout(failed, LOAD_WITHIN);
  if (config.notes.check && !(await redirects(config.notes.check))) {
    clearTimeout(timer);
    failed();
    return;
  }
  // Somebody who has left meanwhile is on the end page.
  if (place.closest('[hidden]')) return clearTimeout(timer);
  frame.title = byId('notes', HTMLElement).getAttribute('aria-label') ?? '';
  frame.allow = 'clipboard-write';
  frame.onload = () => {
    clearTimeout(timer);
    message.hidden = loaded(frame, config);
    if (!message.hidden) failed();
  };
  frame.onerror = failed;
  frame.src = withName(config.notes.frame, name);
  place.append(frame);
}

/** @param {string} url */
async function redirects(url) {
  const options = { method: 'HEAD', redirect: /** @type {const} */ ('manual'), signal: AbortSignal.timeout(LOAD_WITHIN) };
  return fetch(askedByScript(url), options).then((response) => response.type === 'opaqueredirect', () => false);
}

/**
 * Whether the frame shows notes. Of another site's page nothing can be known, so that one is believed: its server has just
 * been asked. Our own page says so itself, and an error page of ours or of the browser is neither.
 *
 * @param {HTMLIFrameElement} frame
 * @param {import('../../common/types.js').Config} config
 */
function loaded(frame, config) {
  if (frame.contentDocument === null) return config.notes.check !== '';
  return frame.contentDocument.body?.classList.contains('notes-page') ?? false;
}
