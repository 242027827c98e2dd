import { withName } from '../config.js';
import { text } from '../texts.js';
import { byId, make } from './dom.js';
import { openTab } from './links.js';

/** Etherpad on a slow line takes some seconds; a frame that has not loaded by then will not. */
const LOAD_WITHIN = 15_000;

/**
 * The notes beside the call. Called after the join, so that they never delay sound.
 *
 * @param {import('../types.js').Config} config
 * @param {string} name
 */
export function notesFrame(config, name) {
  const place = byId('notes-frame', HTMLElement);
  const message = byId('notes-message', HTMLElement);
  const open = byId('notes-open', HTMLButtonElement);
  const frame = make('iframe');
  const failed = () => {
    byId('notes-text', HTMLElement).textContent = text('notes.failed');
    message.hidden = false;
    open.hidden = false;
  };
  const timer = setTimeout(failed, LOAD_WITHIN);
  frame.title = byId('notes', HTMLElement).getAttribute('aria-label') ?? '';
  frame.allow = 'clipboard-write';
  frame.onload = () => {
    clearTimeout(timer);
    message.hidden = loaded(frame);
    if (!message.hidden) failed();
  };
  frame.onerror = failed;
  frame.src = withName(config.notes.frame, name);
  open.onclick = () => openTab(withName(config.links.open_notes, name));
  place.append(frame);
}

/**
 * Whether the frame shows a page. Of another site's page nothing can be known, so that one is believed; our own page
 * says so itself, and an error page of the browser is neither.
 *
 * @param {HTMLIFrameElement} frame
 */
function loaded(frame) {
  const ours = new URL(frame.src).origin === location.origin;
  return !ours || Boolean(frame.contentDocument?.body?.classList.contains('notes-page'));
}
