import { byId, find } from '../dom.js';

/**
 * Browsers give pages that came over plain http no camera or microphone. Say so before people look
 * for them.
 *
 * @returns {boolean} is this such a page?
 */
export function tellInsecure() {
  if (navigator.mediaDevices) return false;
  const why = find('insecure', HTMLElement);
  if (!why) return true; // a listener has nothing to send
  why.hidden = false;
  byId('preview-text', HTMLElement).hidden = true;
  byId('preview-start', HTMLButtonElement).hidden = true;
  byId('join-without', HTMLButtonElement).hidden = true; // it does the same as "Join" here
  return true;
}
