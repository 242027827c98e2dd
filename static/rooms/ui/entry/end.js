import { text } from '../../common/texts.js';
import { clearBanners } from '../banner.js';
import { comeBack } from './come_back.js';
import { byId, showStage } from '../dom.js';

/** After these there is no point in joining again. */
const NO_WAY_BACK = new Set(['removed', 'closed', 'out', 'pass']);

/** Reasons that this page has words for; the others come with the server's. */
const OWN_WORDS = new Set(['left', 'removed', 'closed', 'replaced', 'full', 'refused', 'out', 'pass']);

/**
 * The page after the call.
 *
 * @param {string} why
 * @param {string} message the server's words, or ''
 * @param {import('./come_back.js').Before} before how this page was in the call
 */
export function showEnd(why, message, before) {
  const key = OWN_WORDS.has(why) ? why : 'refused';
  clearBanners();
  byId('notes-frame', HTMLElement).querySelector('iframe')?.remove();
  const title = byId('end-title', HTMLElement);
  title.textContent = text(`end.${key}`);
  byId('end-text', HTMLElement).textContent = message || text(`end.${key}.text`);
  byId('again', HTMLButtonElement).hidden = NO_WAY_BACK.has(key);
  // Removed means removed: nobody is shown the way to the notes.
  byId('end-notes', HTMLAnchorElement).hidden = key === 'removed';
  const replaced = key === 'replaced';
  byId('again-word', HTMLElement).textContent = text(replaced ? 'end.here' : 'end.again');
  byId('again', HTMLButtonElement).onclick = () => (replaced ? comeBack(before) : location.reload());
  showStage('end');
  title.focus();
}
