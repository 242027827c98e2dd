import { choices } from '../../common/choices.js';
import { text } from '../../common/texts.js';
import { listDevices } from '../../media/devices.js';
import { make } from '../dom.js';

/**
 * Fill a menu with the current devices. The one in use is selected.
 *
 * @param {HTMLSelectElement} menu
 * @param {'camera' | 'microphone'} source
 * @param {MediaStreamTrack | null} track
 */
export async function fillMenu(menu, source, track) {
  const devices = await listDevices(source === 'camera' ? 'videoinput' : 'audioinput');
  const inUse = track?.getSettings().deviceId ?? choices()[source];
  const options = devices.map((device, index) => {
    const option = make('option', '', device.label || text('device.number', { number: index + 1 }));
    option.value = device.deviceId;
    return option;
  });
  if (!devices.length) options.push(make('option', '', text('device.default')));
  menu.replaceChildren(...options);
  if (devices.some((device) => device.deviceId === inUse)) menu.value = inUse;
  menu.disabled = devices.length < 2;
}

/**
 * A pair of menus to choose devices. They follow the computer's devices.
 *
 * @param {import('../../media/local_media.js').LocalMedia} local
 * @param {{microphone: HTMLSelectElement, camera: HTMLSelectElement}} menus
 * @param {(error: unknown) => void} failed
 * @returns {() => void} fills the menus again
 */
export function deviceMenus(local, menus, failed) {
  const sources = /** @type {const} */ (['microphone', 'camera']);
  const refresh = () => {
    for (const source of sources) void fillMenu(menus[source], source, local.track(source));
  };
  for (const source of sources) {
    const menu = menus[source];
    menu.onchange = () => local.choose(source, menu.value).catch(failed).finally(refresh);
  }
  navigator.mediaDevices?.addEventListener('devicechange', refresh);
  return refresh;
}
