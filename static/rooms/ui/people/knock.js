import { choices, remember } from '../../common/choices.js';
import { text } from '../../common/texts.js';
import { chime } from '../../media/chime.js';
import { isHost } from '../../room/people.js';
import { byId } from '../dom.js';

/** Sounds for people who arrive together would be one noise. */
const QUIET_FOR = 3000;

/**
 * Tells hosts that someone waits: by a sound, and in words with a button that leads to the list.
 *
 * @param {import('../../room/call.js').Call} call
 * @param {import('./people_panel.js').PeoplePanel} panel
 */
export function hearKnocks(call, panel) {
  const part = byId('knock', HTMLElement);
  const words = byId('knock-text', HTMLElement);
  const box = byId('knock-sound', HTMLInputElement);
  let sounded = -Infinity;
  box.checked = choices().knockSound;
  box.onchange = () => remember({ knockSound: box.checked });
  const close = () => {
    const lost = part.contains(document.activeElement);
    part.hidden = true;
    if (lost) byId('stage', HTMLElement).focus();
  };
  call.host.on('waiting', ({ name }) => {
    if (!isHost(call.role)) return;
    const now = performance.now();
    if (box.checked && now - sounded > QUIET_FOR) {
      sounded = now;
      chime();
    }
    if (panel.shown) return;
    part.hidden = false;
    words.textContent = text('people.knock', { name });
  });
  byId('knock-open', HTMLButtonElement).onclick = () => {
    part.hidden = true;
    panel.open();
  };
  byId('knock-close', HTMLButtonElement).onclick = close;
  call.on('changed', () => {
    byId('knock-label', HTMLElement).hidden = !isHost(call.role);
    if (!part.hidden && !call.host.hosting.waiting.length) close();
  });
  panel.seen = close;
  call.on('ended', close);
}
