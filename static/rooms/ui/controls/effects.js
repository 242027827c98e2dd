import { choices } from '../../common/choices.js';
import { text } from '../../common/texts.js';
import { showBanner } from '../banner.js';

/**
 * @typedef {import('../../media/local_media.js').LocalMedia} LocalMedia
 * @typedef {import('../../media/effects/effects.js').Effects} Effects
 * @typedef {import('../../common/choices.js').Background} Background
 */

/** The choices of effects in the lobby and in More. Effects are loaded when one is asked for. */
class EffectsControl {
  /**
   * @param {LocalMedia} local
   * @param {Record<string, string>} files addresses by name
   */
  constructor(local, files) {
    this._local = local;
    this._files = files;
    /** @type {Promise<Effects> | null} */
    this._loading = null;
    this.can = {
      background: 'MediaStreamTrackGenerator' in globalThis,
      quiet: 'AudioWorkletNode' in globalThis,
    };
    this._blocks = [...document.querySelectorAll('.effects')].map((block) => this._bind(block));
    this._resume();
  }

  /** Use what was on the last time, once there is a device. Nobody sees the room before. */
  _resume() {
    const remembered = choices();
    const background = this.can.background ? remembered.background : '';
    const quiet = this.can.quiet && remembered.quiet;
    this._render({ background, quiet });
    if (!background && !quiet) return;
    if (background) this._local.substitute('camera', null);
    let done = false;
    this._local.on('changed', (source) => {
      if (done || !this._local.track(source)) return;
      done = true;
      void this._change(async (effects) => {
        if (quiet) effects.setQuiet(true);
        if (background) await effects.setBackground(background);
      });
    });
  }

  /** @param {Element} block */
  _bind(block) {
    const part = (/** @type {string} */ name) => block.querySelector(name);
    const menu = /** @type {HTMLSelectElement} */ (part('select'));
    const file = /** @type {HTMLInputElement} */ (part('input[type="file"]'));
    const other = /** @type {HTMLButtonElement} */ (part('button'));
    const quiet = /** @type {HTMLInputElement} */ (part('input[type="checkbox"]'));
    const field = /** @type {HTMLElement} */ (part('.field'));
    field.hidden = !this.can.background;
    /** @type {HTMLElement} */ (quiet.closest('label')).hidden = !this.can.quiet;
    menu.onchange = () => void this._choose(/** @type {Background} */ (menu.value), file);
    other.onclick = () => file.click();
    file.onchange = () => void this._own(file);
    file.oncancel = () => void this._change(() => {});
    quiet.onchange = () => void this._change((effects) => effects.setQuiet(quiet.checked));
    return { menu, other, quiet };
  }

  /**
   * @param {Background} background
   * @param {HTMLInputElement} file
   */
  async _choose(background, file) {
    if (background === 'own') {
      const { ownPicture } = await import('../../media/effects/own_picture.js');
      if (!(await ownPicture())) return file.click();
    }
    await this._change((effects) => effects.setBackground(background));
  }

  /** @param {HTMLInputElement} input */
  async _own(input) {
    const [file] = input.files ?? [];
    input.value = '';
    await this._change(async (effects) => {
      if (!file) return;
      const { keepOwnPicture } = await import('../../media/effects/own_picture.js');
      const picture = await keepOwnPicture(file).catch(() => null);
      if (picture) await effects.setBackground('own', picture);
      else showBanner('problem', text('effects.no_picture'));
    });
  }

  /** @param {(effects: Effects) => void | Promise<void>} act */
  async _change(act) {
    try {
      const effects = await this._load();
      await act(effects);
      this._render(effects);
    } catch {
      this._loading = null;
      this._local.substitute('camera', undefined);
      this._render({ background: '', quiet: false });
      showBanner('problem', text('effects.not_loaded'));
    }
  }

  _load() {
    this._loading ??= this._start();
    return this._loading;
  }

  async _start() {
    const { Effects } = await import('../../media/effects/effects.js');
    const effects = new Effects(this._local, this._files);
    effects.on('changed', () => this._render(effects));
    effects.on('gaveUp', ({ source, why }) => {
      showBanner('problem', text(`effects.${why}.${source}`));
    });
    return effects;
  }

  /** @param {{background: Background, quiet: boolean}} now */
  _render({ background, quiet }) {
    for (const block of this._blocks) {
      block.menu.value = background;
      block.other.hidden = background !== 'own';
      block.quiet.checked = quiet;
    }
  }
}

/** @param {LocalMedia} local */
export function effectsControls(local) {
  const files = document.getElementById('effect-files');
  if (files) new EffectsControl(local, JSON.parse(files.textContent ?? '{}'));
}
