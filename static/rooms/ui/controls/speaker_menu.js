import { text } from '../../common/texts.js';
import { AudioOutput, canChooseOutput } from '../../media/output.js';
import { byId, make } from '../dom.js';

/**
 * The menu "Speaker to use", where the browser has a choice to offer.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function speakerMenu(call) {
  if (!canChooseOutput()) return;
  const field = byId('speaker-field', HTMLElement);
  const menu = byId('speakers', HTMLSelectElement);
  const output = new AudioOutput(() => document.querySelectorAll('audio'));
  const fill = () => {
    field.hidden = !output.devices.length;
    menu.replaceChildren(...options(output.devices));
    menu.value = output.inUse || menu.options[0]?.value;
    menu.disabled = menu.options.length < 2;
  };
  const refresh = async () => {
    await output.refresh();
    fill();
  };
  menu.onchange = async () => {
    await output.choose(menu.value);
    fill();
  };
  navigator.mediaDevices?.addEventListener('devicechange', () => void refresh());
  // Names of devices are known only after a permission, which may come during the call.
  byId('more-button', HTMLButtonElement).addEventListener('click', () => void refresh());
  // Audio elements come and go with people.
  call.on('changed', () => void output.look());
  void refresh();
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
