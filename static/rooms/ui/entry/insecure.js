import { byId, find } from '../dom.js';

/**
 * Browsers keep cameras and microphones from pages that came over plain http: say so before
 * somebody looks for them.
 *
 * @returns {boolean} whether there are none for this page
 */
export function tellInsecure() {
  if (navigator.mediaDevices) return false;
  const why = find('insecure', HTMLElement);
  if (!why) return true; // a listener has nothing to send
  why.hidden = false;
  byId('preview-text', HTMLElement).hidden = true;
  byId('preview-start', HTMLButtonElement).hidden = true;
  byId('join-without', HTMLButtonElement).hidden = true; // both ways in are the same
  return true;
}
