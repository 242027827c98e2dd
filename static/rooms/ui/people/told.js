import { text } from '../../common/texts.js';
import { announce, toast } from '../announce.js';
import { clearBanner, showBanner } from '../banner.js';
import { byId, find } from '../dom.js';

/**
 * Tells a person in words what a host has done about them.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function tellHeld(call) {
  const { host } = call;
  host.on('held', ({ sources, bound, by }) => {
    const name = by || text('host.someone');
    if (bound) return showBanner('host', text('host.bound', { name }), raiseHand(call));
    const words = sources.map((source) => text(`host.held.${source}`, { name })).join(' ');
    showBanner('host', words, { word: text('role.ok'), press: () => clearBanner('host') });
  });
  host.on('freed', () => {
    clearBanner('host');
    say(text('host.freed'));
  });
  host.on('hand_lowered', ({ by }) => {
    say(text('host.hand_lowered', { name: by || text('host.someone') }));
  });
  host.on('locked', (locked) => {
    if (call.role === 'owner' || call.role === 'moderator') {
      say(text(locked ? 'host.locked' : 'host.unlocked'));
    }
  });
}

/** @param {import('../../room/call.js').Call} call */
function raiseHand(call) {
  const press = () => {
    call.setHand(true);
    clearBanner('host');
  };
  return { word: text('call.hand_up'), press };
}

/** @param {string} words */
function say(words) {
  toast(words);
  announce(words);
}

/**
 * May this person start a source? If not, they are told what to do.
 *
 * @param {import('../../room/call.js').Call} call
 * @param {import('../../common/types.js').Source} source
 */
export function mayStart(call, source) {
  const may = call.host.start(source);
  if (may) clearBanner('host');
  else showBanner('host', text('host.bound', { name: text('host.someone') }), raiseHand(call));
  return may;
}

/**
 * A host asks this person to start a source. Only a click does.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function hearAsked(call) {
  const part = byId('asked', HTMLElement);
  const words = byId('asked-text', HTMLElement);
  const yes = byId('asked-yes', HTMLButtonElement);
  const no = byId('asked-no', HTMLButtonElement);
  const close = () => {
    const lost = part.contains(document.activeElement);
    part.hidden = true;
    if (lost) byId('stage', HTMLElement).focus();
  };
  call.host.on('asked', ({ source, by }) => {
    const name = by || text('host.someone');
    const control = find(source === 'screen' ? 'share' : source, HTMLButtonElement);
    if (!control || control.getAttribute('aria-pressed') === 'true') return;
    clearBanner('host');
    yes.textContent = text(`host.asked.${source}.yes`);
    part.hidden = false;
    words.textContent = text(`host.asked.${source}`, { name });
    yes.onclick = () => {
      close();
      if (control.getAttribute('aria-pressed') === 'false') control.click();
      control.focus();
    };
  });
  no.onclick = close;
  call.on('ended', close);
}
