import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { byId } from '../dom.js';
import { closeMore } from './more.js';

/**
 * "Full screen", which becomes "Leave full screen". The whole page fills the screen, so that its
 * controls, dialogs and messages are still there.
 */
export function fullScreen() {
  const button = byId('full-screen', HTMLButtonElement);
  const word = byId('full-screen-word', HTMLElement);
  // Phones from Apple cannot, and a page around this one may forbid it.
  button.hidden = !document.fullscreenEnabled;
  button.onclick = async () => {
    closeMore();
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await document.documentElement.requestFullscreen();
    } catch {
      toast(text('views.no_full_screen'));
    }
  };
  // Browsers leave by themselves, except where a page or a program has taken the key.
  document.addEventListener('keydown', ({ key, defaultPrevented }) => {
    if (key !== 'Escape' || defaultPrevented || !document.fullscreenElement) return;
    document.exitFullscreen().catch(() => {}); // the browser was faster
  });
  document.addEventListener('fullscreenchange', () => {
    const full = Boolean(document.fullscreenElement);
    button.classList.toggle('is-on', full);
    word.textContent = text(full ? 'views.leave_full_screen' : 'views.full_screen');
  });
}
