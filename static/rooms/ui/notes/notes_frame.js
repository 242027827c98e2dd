import { askedByScript, withName } from '../../common/config.js';
import { text } from '../../common/texts.js';
import { openTab } from '../controls/link_buttons.js';
import { byId, make } from '../dom.js';

/** Etherpad takes some seconds on a slow line. After this time the frame has failed. */
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
  // If the notes are not available, our own address says why.
  open.onclick = () => openTab(withName(config.notes.check || config.links.open_notes, name));
  const timer = setTimeout(failed, LOAD_WITHIN);
  if (config.notes.check && !(await redirects(config.notes.check))) {
    clearTimeout(timer);
    failed();
    return;
  }
  // The person has left meanwhile and sees the end page.
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
  const signal = AbortSignal.timeout(LOAD_WITHIN);
  const options = { method: 'HEAD', redirect: /** @type {const} */ ('manual'), signal };
  const asked = fetch(askedByScript(url), options);
  return asked.then((response) => response.type === 'opaqueredirect', () => false);
}

/**
 * Does the frame show notes? Another site's page cannot be read, but its server has just been
 * asked, so it counts. Our own notes page has a class. An error page, ours or the browser's, has
 * not.
 *
 * @param {HTMLIFrameElement} frame
 * @param {import('../../common/types.js').Config} config
 */
function loaded(frame, config) {
  if (frame.contentDocument === null) return config.notes.check !== '';
  return frame.contentDocument.body?.classList.contains('notes-page') ?? false;
}
