import { Emitter } from '../common/emitter.js';

/**
 * Unmutes the microphone for as long as a key is held. It knows nothing of keys.
 *
 * @extends {Emitter<{changed: boolean, failed: unknown}>} `changed`: is it held now?
 */
export class PushToTalk extends Emitter {
  /**
   * @param {import('./local_media.js').LocalMedia} local
   * @param {() => boolean} may may this person unmute themselves? They were told if not.
   */
  constructor(local, may) {
    super();
    this._local = local;
    this._may = may;
    this._held = false;
    /** The device starts only now. */
    this._opening = false;
    local.on('changed', () => this._look());
  }

  get held() {
    return this._held;
  }

  /** @returns {boolean} false: the microphone is on already, or has to stay off */
  press() {
    if (this._held) return true;
    if (this._local.isOn('microphone') || !this._may()) return false;
    this._set(true);
    void this._unmute();
    return true;
  }

  release() {
    if (!this._held) return;
    this._set(false);
    void this._local.setMicrophone(false);
  }

  async _unmute() {
    this._opening = !this._local.track('microphone');
    try {
      await this._local.setMicrophone(true);
    } catch (error) {
      this._set(false);
      this.emit('failed', error);
    } finally {
      if (this._opening && !this._held) void this._local.setMicrophone(false);
      this._opening = false;
    }
  }

  /** Whatever else mutes the microphone, such as a host or a click, ends it too. */
  _look() {
    if (this._held && !this._opening && !this._local.isOn('microphone')) this._set(false);
  }

  /** @param {boolean} held */
  _set(held) {
    if (held === this._held) return;
    this._held = held;
    this.emit('changed', held);
  }
}
