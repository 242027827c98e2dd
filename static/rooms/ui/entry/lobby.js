import { choices, remember } from '../../common/choices.js';
import { line } from '../../common/plain_text.js';
import { text } from '../../common/texts.js';
import { audioLevel } from '../../media/audio_level.js';
import { DeviceError, openBoth } from '../../media/devices.js';
import { deviceMenus } from '../controls/device_menus.js';
import { describe, focusMenu, known, turnOn } from '../controls/device_problems.js';
import { toggle } from '../controls/toggle.js';
import { byId, find } from '../dom.js';
import { keepPreview, mayPreview } from './kept_preview.js';

/**
 * @typedef {import('../../media/local_media.js').LocalMedia} LocalMedia
 * @typedef {import('../../common/types.js').Config} Config
 */

/** Before the call: a name, a preview, and two ways to join. No device is opened before a click. */
export class Lobby {
  /**
   * @param {Config} config
   * @param {LocalMedia} local
   * @param {(name: string, failed: DeviceError[]) => void} join `failed`: devices that did not
   *   open, of which nothing was said yet
   */
  constructor(config, local, join) {
    this._config = config;
    this._local = local;
    this._join = join;
    this._previewed = false;
    this._told = false;
    this.done = false;
    this._busy = false;
    this._usual = '';
    /** @type {Promise<DeviceError[]> | null} */
    this._opening = null;
    /** @type {import('../../media/audio_level.js').AudioLevel | null} */
    this._meter = null;
    this._form = byId('join-form', HTMLFormElement);
    this._name = byId('name', HTMLInputElement);
    this._joinButton = byId('join', HTMLButtonElement);
    this._fillName();
    this._bindForm();
    if (config.publish) this._bindPreview();
    this._pending(false);
    this._takeOver();
  }

  /** Keep a name that the server filled in or the person has typed. */
  _fillName() {
    const { value, defaultValue } = this._name;
    if (!value && !defaultValue) this._name.value = choices().name;
  }

  _bindForm() {
    this._form.onsubmit = (event) => {
      event.preventDefault();
      void this._enter();
    };
    const without = find('join-without', HTMLButtonElement);
    if (without) without.onclick = () => this._enterWithout();
  }

  /** Handle a click that came before this script (early.js). */
  _takeOver() {
    const { pressed } = this._form.dataset;
    this._form.dataset.ready = 'yes';
    for (const id of ['lobby-wait', 'lobby-stuck']) byId(id, HTMLElement).hidden = true;
    if (pressed === 'join' && this._form.reportValidity()) void this._enter();
    if (pressed === 'join-without') this._enterWithout();
  }

  _bindPreview() {
    const failed = (/** @type {unknown} */ error) => this._tell([known(error)]);
    const local = this._local;
    const microphone = byId('preview-microphones', HTMLSelectElement);
    const camera = byId('preview-cameras', HTMLSelectElement);
    const menus = deviceMenus(local, { microphone, camera }, failed);
    const buttons = [
      this._toggle('microphone', (on) => local.setMicrophone(on), failed),
      this._toggle('camera', (on) => local.setCamera(on), failed),
    ];
    this._renderButtons = () => buttons.forEach((render) => render());
    this._fillMenus = menus;
    local.on('changed', () => this._render());
    local.on('ended', (source) => this.done || failed(new DeviceError(source, 'gone')));
    byId('preview-start', HTMLButtonElement).onclick = () => void this._preview();
  }

  /**
   * @param {import('../../media/devices.js').Device} source
   * @param {(on: boolean) => Promise<void>} set
   * @param {(error: unknown) => void} failed
   */
  _toggle(source, set, failed) {
    const change = async (/** @type {boolean} */ on) => {
      await set(on);
      this._tell([]);
    };
    const button = byId(`preview-${source}`, HTMLButtonElement);
    return toggle(button, () => this._local.isOn(source), change, failed);
  }

  /** The preview that this browser had before, if no question is needed. Join does not wait. */
  async previewAgain() {
    if (!this._config.publish || !(await mayPreview())) return;
    if (this.done || this._busy || this._previewed) return;
    this._startPending(true);
    await this._open();
    if (!this._busy) this._startPending(false);
  }

  /**
   * Ask for camera and microphone.
   *
   * @returns {Promise<DeviceError[]>} for devices that did not open
   */
  async _preview() {
    this._pending(true);
    const errors = await this._open();
    this._pending(false);
    return errors;
  }

  /** They are opened once, however often somebody asks meanwhile. */
  _open() {
    this._opening ??= this._openBoth().finally(() => (this._opening = null));
    return this._opening;
  }

  async _openBoth() {
    const { camera, microphone, errors } = await openBoth(choices(), this._local.mode('camera'));
    if (this.done) {
      // The person has joined another way meanwhile.
      camera?.stop();
      microphone?.stop();
      return [];
    }
    this._previewed = Boolean(camera || microphone);
    if (this._previewed) {
      this._local.put('camera', camera);
      this._local.put('microphone', microphone);
    }
    this._tell(errors);
    return errors;
  }

  /** One device that fails does not stop the join. If both fail, the lobby says so first, once. */
  async _enter() {
    if (this._busy) return;
    if (!this._config.publish || this._previewed) return this._go([]);
    const told = this._told;
    const failed = await this._preview();
    if (!this.done && (this._previewed || told)) this._go(failed);
  }

  _enterWithout() {
    if (!this._form.reportValidity()) return;
    this._local.stop();
    this._go([]);
  }

  /**
   * Join without a click, as this tab did before.
   *
   * @param {string} name
   */
  enterAs(name) {
    if (this.done) return;
    this._name.value = name;
    this._go([]);
  }

  /** @param {DeviceError[]} failed */
  _go(failed) {
    const name = line(this._name.value);
    if (!name) {
      this._name.value = '';
      this._name.reportValidity();
      return;
    }
    remember({ name });
    this._meter?.close();
    this._meter = null;
    this.done = true;
    this._join(name, failed);
  }

  _render() {
    // Someone who waits to be let in still sees themselves.
    if (byId('lobby', HTMLElement).hidden) return;
    if (this._previewed && !this.done) keepPreview(this._local.isOn('camera'));
    const camera = this._local.sent('camera');
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
    const meter = track && audioLevel(track);
    this._meter = meter;
    const bar = byId('meter', HTMLElement);
    const draw = () => {
      bar.style.setProperty('--level', String(this._meter ? this._meter.level : 0));
      if (meter && this._meter === meter) requestAnimationFrame(draw);
    };
    draw();
  }

  /**
   * Joining without devices stays possible, because a browser may wait long for an answer.
   *
   * @param {boolean} pending
   */
  _pending(pending) {
    this._busy = pending;
    this._joinButton.disabled = pending;
    if (!this._config.publish) return;
    this._startPending(pending);
    byId('join-without', HTMLButtonElement).disabled = false;
  }

  /** @param {boolean} pending */
  _startPending(pending) {
    byId('preview-start', HTMLButtonElement).disabled = pending;
    const line = byId('preview-text', HTMLElement);
    this._usual ||= line.textContent ?? '';
    line.textContent = pending ? text('device.opening') : this._usual;
  }

  /** @param {DeviceError[]} errors empty: clear the message */
  _tell(errors) {
    const problem = byId('lobby-problem', HTMLElement);
    problem.hidden = !errors.length;
    if (!errors.length) return;
    const without = byId('join-without', HTMLButtonElement);
    const { words, button } = describe(errors, {
      again: (sources) => void this._again(sources),
      choose: (source) => focusMenu(byId(`preview-${source}s`, HTMLSelectElement)),
      without: { word: without.textContent ?? '', press: () => without.click() },
    });
    const both = errors.length > 1 && !this._previewed;
    this._told ||= both;
    const all = both ? `${words} ${text('device.or_join')}` : words;
    byId('lobby-problem-text', HTMLElement).textContent = all;
    const place = byId('lobby-problem-button', HTMLButtonElement);
    place.hidden = !button;
    place.textContent = button?.word ?? '';
    place.onclick = button?.press ?? null;
  }

  /** @param {import('../../media/devices.js').Device[]} sources */
  async _again(sources) {
    if (!this._previewed) await this._preview();
    else this._tell(await turnOn(this._local, sources));
  }
}
