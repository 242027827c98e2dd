import { text } from '../../common/texts.js';
import { canShareScreen, DeviceError, isCancelledShare } from '../../media/devices.js';
import { toast } from '../announce.js';
import { showBanner } from '../banner.js';
import { byId, find } from '../dom.js';
import { deviceMenus } from './device_menus.js';
import { deviceBanner } from './device_problems.js';
import { modes } from './modes.js';
import { toggle } from './toggle.js';

/** @typedef {import('../../media/local_media.js').LocalMedia} LocalMedia */
/** @typedef {import('../../common/types.js').Source} Source */

/**
 * The buttons for microphone, camera and screen, and the menu "More".
 *
 * @param {LocalMedia} local
 * @param {(source: Source) => boolean} may may this person start it? They were told if not.
 */
export function controls(local, may) {
  const microphone = find('microphone', HTMLButtonElement);
  const camera = find('camera', HTMLButtonElement);
  const share = find('share', HTMLButtonElement);
  if (!microphone || !camera || !share) return moreMenu(() => {}); // a listener
  const deviceFailed = deviceBanner(local);
  const shareFailed = (/** @type {unknown} */ error) => {
    if (isCancelledShare(error)) return;
    const again = { word: text('device.again'), press: () => share.click() };
    showBanner('problem', text('screen.failed'), again);
  };
  const isOn = (/** @type {Source} */ source) => () => local.isOn(source);
  /** @type {(source: Source, set: (on: boolean) => Promise<void>) => typeof set} */
  const allowed = (source, set) => async (on) => {
    if (!on || may(source)) await set(on);
  };
  const setMicrophone = allowed('microphone', (on) => local.setMicrophone(on));
  const setCamera = allowed('camera', (on) => local.setCamera(on));
  const setScreen = allowed('screen', (on) => local.setScreen(on));
  const renders = [
    toggle(microphone, isOn('microphone'), setMicrophone, deviceFailed),
    toggle(camera, isOn('camera'), setCamera, deviceFailed),
    toggle(share, isOn('screen'), setScreen, shareFailed),
  ];
  share.hidden = !canShareScreen();
  const menus = {
    microphone: byId('microphones', HTMLSelectElement),
    camera: byId('cameras', HTMLSelectElement),
  };
  const refreshMenus = deviceMenus(local, menus, deviceFailed);
  local.on('changed', () => renders.forEach((render) => render()));
  local.on('ended', (source) => deviceFailed(new DeviceError(source, 'gone')));
  local.on('switched', (source) => toast(text(`device.switched.${source}`)));
  modes(local);
  moreMenu(refreshMenus);
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
    // Left by Tab, the menu would cover the element that has the focus.
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
  // The menu would cover the message that a link was copied.
  byId('more-links', HTMLElement).addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('.button')) close();
  });
}
