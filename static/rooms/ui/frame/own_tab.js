import { byId, deviceDenied, find } from '../dom.js';

/** Where the page around this one denies the devices, say so before anyone presses Join. */
export function offerOwnTab() {
  const link = find('own-tab', HTMLAnchorElement);
  if (!link || !(deviceDenied('camera') || deviceDenied('microphone'))) return;
  byId('own-tab-why', HTMLElement).hidden = false;
  link.classList.remove('plain');
}
