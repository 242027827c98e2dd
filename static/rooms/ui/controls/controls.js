import { canShareScreen, DeviceError, isCancelledShare } from '../../media/devices.js';
import { choices, remember } from '../../common/choices.js';
import { text } from '../../common/texts.js';
import { showBanner } from '../banner.js';
import { toast } from '../announce.js';
import { deviceMenus } from './device_menus.js';
import { deviceBanner } from './device_problems.js';
import { byId, find } from '../dom.js';
import { modes } from './modes.js';
import { toggle } from './toggle.js';

/** @typedef {import('../../media/local_media.js').LocalMedia} LocalMedia */

/**
 * Microphone, camera, share and the small menu.
 *
 * @param {LocalMedia} local
 */
export function controls(local) {
  const microphone = find('microphone', HTMLButtonElement);
  const camera = find('camera', HTMLButtonElement);
  const share = find('share', HTMLButtonElement);
  if (!microphone || !camera || !share) return moreMenu(() => {}); // a listener has none
  const deviceFailed = deviceBanner(local);
  const shareFailed = (/** @type {unknown} */ error) => {
    if (isCancelledShare(error)) return;
    const again = { word: text('device.again'), press: () => share.click() };
    showBanner('problem', text('screen.failed'), again);
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
  local.on('ended', (source) => deviceFailed(new DeviceError(source, 'gone')));
  local.on('switched', (source) => toast(text(`device.switched.${source}`)));
  modes(local);
  moreMenu(refreshMenus);
  shortcuts({ m: microphone, v: camera, s: share });
}

/** @param {() => void} opened */
function moreMenu(opened) {
  const more = byId('more', HTMLElement);
  const button = byId('more-button', HTMLButtonElement);
  const menu = byId('more-menu', HTMLElement);
  const show = (/** @type {boolean} */ open) => {
    menu.hidden = !open;
    button.setAttribute('aria-expanded', String(open));
    if (open) opened();
  };
  button.onclick = () => show(menu.hidden);
  document.addEventListener('pointerdown', (event) => {
    if (event.target instanceof Node && !more.contains(event.target)) show(false);
  });
  more.addEventListener('focusout', ({ relatedTarget }) => {
    // A menu that is left by Tab would cover what has the focus then.
    const away = relatedTarget instanceof Node && !more.contains(relatedTarget);
    if (away) show(false);
  });
  const close = () => {
    show(false);
    button.focus();
  };
  more.onkeydown = (event) => {
    if (event.key === 'Escape' && !menu.hidden) close();
  };
  // What a link says of itself then would be under the menu.
  byId('more-links', HTMLElement).addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('.button')) close();
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
