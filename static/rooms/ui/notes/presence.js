import { text } from '../../common/texts.js';
import { byId } from '../dom.js';

/** More names than this are counted. */
const MOST = 6;

/**
 * Who else has the notes open, in words. Their cursors are in the text.
 *
 * @param {import('../../../vendor/notes-editor.js').awareness.Awareness} awareness
 */
export function showPresence(awareness) {
  const place = byId('present', HTMLElement);
  const show = () => {
    const others = [...awareness.getStates()].filter(([id]) => id !== awareness.clientID);
    const names = [...new Set(others.map(([, state]) => String(state.user?.name ?? '')))];
    const shown = names.filter(Boolean).slice(0, MOST);
    const more = names.length - shown.length;
    if (more > 0) shown.push(text('notes.more_here', { count: more }));
    const list = new Intl.ListFormat(document.documentElement.lang || undefined).format(shown);
    place.textContent = shown.length ? text('notes.here', { names: list }) : '';
  };
  awareness.on('change', show);
  show();
}
