import { canShareScreen, failureKey, isCancelledShare } from '../devices.js';
import { choices, remember } from '../choices.js';
import { text } from '../texts.js';
import { showBanner } from './banner.js';
import { deviceMenus } from './device_menus.js';
import { byId, find, isFramed } from './dom.js';
import { toggle } from './toggle.js';

/** @typedef {import('../local_media.js').LocalMedia} LocalMedia */

/**
 * Microphone, camera, share and the small menu.
 *
 * @param {LocalMedia} local
 */
export function controls(local) {
  closeMenuOutside(byId('more', HTMLDetailsElement));
  const microphone = find('microphone', HTMLButtonElement);
  const camera = find('camera', HTMLButtonElement);
  const share = find('share', HTMLButtonElement);
  if (!microphone || !camera || !share) return; // a listener has none
  const deviceFailed = (/** @type {unknown} */ error) =>
    showBanner('problem', text(failureKey(error, { framed: isFramed() })));
  const shareFailed = (/** @type {unknown} */ error) => {
    if (!isCancelledShare(error)) showBanner('problem', text('screen.failed'));
  };
  const renders = [
    toggle(microphone, () => local.isOn('microphone'), (on) => local.setMicrophone(on), deviceFailed),
    toggle(camera, () => local.isOn('camera'), (on) => local.setCamera(on), deviceFailed),
    toggle(share, () => local.isOn('screen'), (on) => local.setScreen(on), shareFailed),
  ];
  share.hidden = !canShareScreen();
  const refreshMenus = deviceMenus(
    local,
    { microphone: byId('microphones', HTMLSelectElement), camera: byId('cameras', HTMLSelectElement) },
    deviceFailed,
  );
  local.on('changed', () => renders.forEach((render) => render()));
  local.on('ended', (source) => showBanner('problem', text(`device.gone.${source}`)));
  byId('more', HTMLDetailsElement).addEventListener('toggle', refreshMenus);
  shortcuts({ m: microphone, v: camera, s: share });
}

/** @param {HTMLDetailsElement} menu */
function closeMenuOutside(menu) {
  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}

/** @param {Record<string, HTMLButtonElement>} buttons by key */
function shortcuts(buttons) {
  const box = byId('shortcuts', HTMLInputElement);
  box.checked = choices().shortcuts;
  box.onchange = () => remember({ shortcuts: box.checked });
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof Element && event.target.closest('input, textarea, select, [contenteditable]');
    if (!box.checked || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const button = buttons[event.key.toLowerCase()];
    // The stage is hidden before and after a call, and with it its buttons.
    if (button && button.offsetParent !== null && !button.disabled) button.click();
  });
}
