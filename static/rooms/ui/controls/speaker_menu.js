import { text } from '../../common/texts.js';
import { AudioOutput, canChooseOutput } from '../../media/output.js';
import { byId, make } from '../dom.js';

/**
 * Where this page's sound comes out, from the lobby on.
 *
 * @param {import('../../media/local_media.js').LocalMedia} local
 */
export function audioOutput(local) {
  const output = new AudioOutput(() => document.querySelectorAll('audio'));
  if (!canChooseOutput()) return output;
  const refresh = () => void output.refresh();
  navigator.mediaDevices?.addEventListener('devicechange', refresh);
  // Devices are known only after a permission, which comes with one's own camera or microphone.
  local.on('changed', refresh);
  refresh();
  return output;
}

/**
 * The menu "Speaker to use", where the browser has a choice to offer.
 *
 * @param {AudioOutput} output
 * @param {import('../../room/call.js').Call} call
 */
export function speakerMenu(output, call) {
  if (!canChooseOutput()) return;
  const field = byId('speaker-field', HTMLElement);
  const menu = byId('speakers', HTMLSelectElement);
  const fill = () => {
    field.hidden = !output.devices.length;
    menu.replaceChildren(...options(output.devices));
    menu.value = output.inUse || menu.options[0]?.value;
    menu.disabled = menu.options.length < 2;
  };
  const fillAgain = async () => {
    await output.refresh();
    fill();
  };
  menu.onchange = async () => {
    await output.choose(menu.value);
    fill();
  };
  navigator.mediaDevices?.addEventListener('devicechange', fillAgain);
  byId('more-button', HTMLButtonElement).addEventListener('click', fillAgain);
  // Audio elements come and go with people.
  call.on('changed', () => void output.look());
}

/** @param {readonly MediaDeviceInfo[]} devices */
function options(devices) {
  const all = devices.map(({ deviceId, label }, index) => {
    const option = make('option', '', label || text('device.number', { number: index + 1 }));
    option.value = deviceId;
    return option;
  });
  // Chromium lists its default as a device of its own.
  if (!devices.length || devices.some(({ deviceId }) => deviceId === 'default')) return all;
  const standard = make('option', '', text('device.default'));
  standard.value = '';
  return [standard, ...all];
}
