import { text } from '../../common/texts.js';
import { clearBanners } from '../banner.js';
import { byId, showStage } from '../dom.js';
import { comeBack } from './come_back.js';

/** After these it is pointless to join again. */
const NO_WAY_BACK = new Set(['removed', 'not_admitted', 'closed', 'out', 'pass']);

/** Someone who was removed or not let in gets no link to the notes either. */
const NO_NOTES = new Set(['removed', 'not_admitted']);

/** Reasons for which this page has texts. The others come with the server's. */
const OWN_WORDS = new Set([
  'left', 'removed', 'not_admitted', 'call_ended', 'closed', 'replaced', 'full', 'refused', 'out',
  'pass',
]);

/**
 * The page after the call.
 *
 * @param {string} why
 * @param {string} message the server's text, or ''
 * @param {import('./come_back.js').Before} before this page's name and devices in the call
 */
export function showEnd(why, message, before) {
  const key = OWN_WORDS.has(why) ? why : 'refused';
  clearBanners();
  byId('notes-frame', HTMLElement).querySelector('iframe')?.remove();
  const title = byId('end-title', HTMLElement);
  title.textContent = text(`end.${key}`);
  byId('end-text', HTMLElement).textContent = message || text(`end.${key}.text`);
  byId('again', HTMLButtonElement).hidden = NO_WAY_BACK.has(key);
  byId('end-notes', HTMLAnchorElement).hidden = NO_NOTES.has(key);
  const replaced = key === 'replaced';
  byId('again-word', HTMLElement).textContent = text(replaced ? 'end.here' : 'end.again');
  byId('again', HTMLButtonElement).onclick = () => {
    if (replaced) comeBack(before);
    else location.reload();
  };
  showStage('end');
  title.focus();
}
