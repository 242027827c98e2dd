// The message when a camera or microphone does not open, with the one button that helps.

import { text } from '../../common/texts.js';
import { DeviceError } from '../../media/devices.js';
import { clearBanner, showBanner } from '../banner.js';
import { byId, deviceForbidden } from '../dom.js';

/**
 * @typedef {import('../../media/devices.js').Device} Device
 * @typedef {import('../../media/local_media.js').LocalMedia} LocalMedia
 * @typedef {{word: string, press: () => void}} Button
 * @typedef {{
 *   again: (sources: Device[]) => void,
 *   choose: (source: Device) => boolean,
 *   without?: Button,
 * }} Ways `choose` leads to the menu, false: it has only one device; `without`: joins without
 *   devices
 */

/** @param {DeviceError} error */
function reason({ source, reason }) {
  const refused = reason === 'blocked' || reason === 'refused';
  return refused && deviceForbidden(source) ? 'embedded' : reason;
}

/**
 * @param {readonly DeviceError[]} errors of one device, or of both
 * @param {Ways} ways
 * @returns {{words: string, button: Button | undefined}}
 */
export function describe(errors, ways) {
  const [first, second] = errors;
  const same = second && reason(first) === reason(second);
  const words = same
    ? text(`device.${reason(first)}.both`)
    : errors.map((error) => text(`device.${reason(error)}.${error.source}`)).join(' ');
  return { words, button: button(errors, ways) };
}

/**
 * @param {readonly DeviceError[]} errors
 * @param {Ways} ways
 * @returns {Button | undefined}
 */
function button(errors, { again, choose, without }) {
  const [{ source }] = errors;
  switch (reason(errors[0])) {
    case 'embedded':
      return { word: text('device.own_tab'), press: openTab };
    case 'insecure':
      return without;
    case 'unsuitable':
    case 'kept':
      return {
        word: text(`device.choose.${source}`),
        press: () => choose(source) || again([source]),
      };
    default:
      return { word: text('device.again'), press: () => again(errors.map((one) => one.source)) };
  }
}

/**
 * In the call the message is a banner.
 *
 * @param {LocalMedia} local
 * @returns {(...errors: unknown[]) => void}
 */
export function deviceBanner(local) {
  const again = async (/** @type {Device[]} */ sources) => {
    clearBanner('problem');
    const failed = await turnOn(local, sources);
    if (failed.length) tell(...failed);
  };
  const tell = (/** @type {unknown[]} */ ...errors) => {
    const { words, button } = describe(errors.map(known), { again, choose: openMenu });
    showBanner('problem', words, button);
  };
  return tell;
}

/**
 * @param {LocalMedia} local
 * @param {Device[]} sources
 * @returns {Promise<DeviceError[]>} for those that did not open
 */
export async function turnOn(local, sources) {
  /** @type {DeviceError[]} */
  const failed = [];
  for (const source of sources) {
    try {
      if (local.isOn(source)) continue;
      await (source === 'camera' ? local.setCamera(true) : local.setMicrophone(true));
    } catch (error) {
      failed.push(known(error));
    }
  }
  return failed;
}

/** @param {unknown} error of a device */
export function known(error) {
  return error instanceof DeviceError ? error : new DeviceError('camera', 'unknown', error);
}

function openTab() {
  window.open(location.href, '_blank', 'noopener');
}

/** @param {HTMLSelectElement} menu */
export function focusMenu(menu) {
  menu.focus();
  return !menu.disabled;
}

/** @param {Device} source */
function openMenu(source) {
  clearBanner('problem');
  if (byId('more-menu', HTMLElement).hidden) byId('more-button', HTMLButtonElement).click();
  return focusMenu(byId(source === 'camera' ? 'cameras' : 'microphones', HTMLSelectElement));
}
