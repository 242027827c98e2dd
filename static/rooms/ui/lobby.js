import { AudioLevel } from '../audio_level.js';
import { choices, remember } from '../choices.js';
import { failureKey, openBoth } from '../devices.js';
import { text } from '../texts.js';
import { deviceMenus } from './device_menus.js';
import { byId, isFramed } from './dom.js';
import { toggle } from './toggle.js';

/**
 * @typedef {import('../local_media.js').LocalMedia} LocalMedia
 * @typedef {import('../types.js').Config} Config
 */

/** Before the call: a name, a look at oneself, and two ways in. No device is touched before a click. */
export class Lobby {
  /**
   * @param {Config} config
   * @param {LocalMedia} local
   * @param {(name: string) => void} join
   */
  constructor(config, local, join) {
    this._config = config;
    this._local = local;
    this._join = join;
    this._previewed = false;
    /** @type {AudioLevel | null} */
    this._meter = null;
    this._name = byId('name', HTMLInputElement);
    this._problem = byId('lobby-problem', HTMLElement);
    this._name.value = config.name || choices().name;
    this._buttons = [
      byId('join', HTMLButtonElement),
      byId('join-without', HTMLButtonElement),
      byId('preview-start', HTMLButtonElement),
    ];
    this._bindForm();
    this._bindPreview();
    this._pending(false);
  }

  _bindForm() {
    const form = byId('join-form', HTMLFormElement);
    form.onsubmit = (event) => {
      event.preventDefault();
      void this._enter();
    };
    byId('join-without', HTMLButtonElement).onclick = () => {
      if (!form.reportValidity()) return;
      this._local.stop();
      this._go();
    };
  }

  _bindPreview() {
    const failed = (/** @type {unknown} */ error) => this._say(text(failureKey(error, { framed: isFramed() })));
    const local = this._local;
    const menus = deviceMenus(
      local,
      { microphone: byId('preview-microphones', HTMLSelectElement), camera: byId('preview-cameras', HTMLSelectElement) },
      failed,
    );
    const buttons = [
      toggle(byId('preview-microphone', HTMLButtonElement), () => local.isOn('microphone'), (on) => local.setMicrophone(on), failed),
      toggle(byId('preview-camera', HTMLButtonElement), () => local.isOn('camera'), (on) => local.setCamera(on), failed),
    ];
    this._renderButtons = () => buttons.forEach((render) => render());
    this._fillMenus = menus;
    local.on('changed', () => this._render());
    byId('preview-start', HTMLButtonElement).onclick = () => void this._preview();
    if (!this._config.publish) byId('preview-start', HTMLButtonElement).hidden = true;
  }

  /** Ask for camera and microphone. False: neither came. */
  async _preview() {
    this._pending(true);
    const { camera, microphone, error } = await openBoth(choices(), this._local.mode('camera'));
    this._pending(false);
    if (!camera && !microphone) {
      this._say(text(failureKey(error, { framed: isFramed() })));
      return false;
    }
    this._previewed = true;
    this._local.put('camera', camera);
    this._local.put('microphone', microphone);
    this._say(error ? text('device.partly') : '');
    return true;
  }

  async _enter() {
    const wantsDevices = this._config.publish && !this._previewed;
    if (wantsDevices && !(await this._preview())) return;
    this._go();
  }

  _go() {
    const name = this._name.value.trim();
    if (!name) {
      this._name.value = '';
      this._name.reportValidity();
      return;
    }
    remember({ name });
    this._meter?.close();
    this._meter = null;
    this.done = true;
    this._join(name);
  }

  _render() {
    if (this.done) return;
    const camera = this._local.track('camera');
    const video = byId('preview-video', HTMLVideoElement);
    video.srcObject = camera && new MediaStream([camera]);
    video.hidden = !camera;
    byId('preview-empty', HTMLElement).hidden = Boolean(camera) || this._previewed;
    byId('preview-controls', HTMLElement).hidden = !this._previewed;
    byId('preview-devices', HTMLElement).hidden = !this._previewed;
    this._renderButtons?.();
    this._fillMenus?.();
    this._renderMeter();
  }

  _renderMeter() {
    this._meter?.close();
    const track = this._local.track('microphone');
    const meter = track && new AudioLevel(track);
    this._meter = meter;
    const bar = byId('meter', HTMLElement);
    const draw = () => {
      bar.style.setProperty('--level', String(this._meter ? this._meter.level : 0));
      if (meter && this._meter === meter) requestAnimationFrame(draw);
    };
    draw();
  }

  /** @param {boolean} pending */
  _pending(pending) {
    for (const button of this._buttons) button.disabled = pending;
  }

  /** @param {string} words */
  _say(words) {
    this._problem.textContent = words;
    this._problem.hidden = !words;
  }
}
