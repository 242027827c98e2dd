import { text } from '../../common/texts.js';
import { PushToTalk } from '../../media/push_to_talk.js';
import { byId, find } from '../dom.js';
import { forCall, shortcutKey, shortcutsOn } from '../shortcuts.js';
import { deviceBanner } from './device_problems.js';

/** Space presses these. */
const PRESSED = 'button, a[href], summary, input';

/** Switches in the bar: people click them with a mouse, and talk with the space bar afterwards. */
const SWITCHES = '.bar .control[aria-pressed]';

/**
 * Space unmutes while it is held, and never longer: not after the page has lost the focus.
 *
 * @param {import('../../media/local_media.js').LocalMedia} local
 * @param {() => boolean} may may this person unmute themselves? They were told if not.
 */
export function pushToTalk(local, may) {
  if (!find('microphone', HTMLButtonElement)) return; // a listener
  const talk = new PushToTalk(local, may);
  const words = byId('talking', HTMLElement);
  talk.on('changed', (held) => {
    words.textContent = held ? text('shortcuts.talking') : '';
  });
  talk.on('failed', deviceBanner(local));
  const release = () => talk.release();
  const clicked = lastClicked();
  document.addEventListener('keydown', (event) => {
    const { target } = event;
    if (shortcutKey(event) !== ' ' || !shortcutsOn() || !forCall(event)) return;
    if (document.body.dataset.publish === 'no') return;
    const pressed = target instanceof Element && target.closest(PRESSED);
    const free = !pressed || (pressed === clicked() && pressed.matches(SWITCHES));
    if (!free) return;
    const taken = event.repeat ? talk.held : talk.press();
    // The page would scroll, or the switch be pressed.
    if (taken) event.preventDefault();
  });
  document.addEventListener('keyup', (event) => {
    if (event.key !== ' ' || !talk.held) return;
    event.preventDefault();
    release();
  });
  // The release of the key goes to another window, or into the frame of the notes.
  window.addEventListener('blur', release);
  window.addEventListener('pagehide', release);
  document.addEventListener('visibilitychange', () => document.hidden && release());
}

/**
 * The button that got the focus by a click, as long as it has it.
 *
 * @returns {() => Element | null}
 */
function lastClicked() {
  /** @type {Element | null} */
  let last = null;
  document.addEventListener('pointerdown', ({ target }) => {
    last = target instanceof Element ? target.closest('button') : null;
  });
  document.addEventListener('focusin', ({ target }) => {
    if (target !== last) last = null;
  });
  return () => last;
}
