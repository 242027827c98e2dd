import { Emitter } from './emitter.js';
import { openCamera, openMicrophone, openScreen } from './devices.js';
import { choices, remember } from './choices.js';
import { capture, contentHint, MODES } from './encodings.js';

/**
 * @typedef {import('./types.js').Source} Source
 * @typedef {{changed: Source, ended: Source}} Events `ended`: a device went away by itself
 */

/**
 * The tracks of this page's own person. Muting the microphone keeps the device, so that unmuting is instant; turning the
 * camera off lets it go, so that its light goes out.
 *
 * @extends {Emitter<Events>}
 */
export class LocalMedia extends Emitter {
  constructor() {
    super();
    /** @type {Map<Source, MediaStreamTrack>} */
    this._tracks = new Map();
  }

  /** @param {Source} source */
  track(source) {
    return this._tracks.get(source) ?? null;
  }

  /**
   * Is something of this source being sent?
   *
   * @param {Source} source
   */
  isOn(source) {
    return this._tracks.get(source)?.enabled ?? false;
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack | null | undefined} track
   */
  put(source, track) {
    const before = this._tracks.get(source);
    if (before && before !== track) before.stop();
    this._tracks.delete(source);
    if (track) {
      this._tracks.set(source, track);
      track.onended = () => this._ended(source, track);
      if (source === 'camera' || source === 'screen') track.contentHint = contentHint(source, this.mode(source));
    }
    this.emit('changed', source);
  }

  /**
   * What must stay good of a picture when not everything can.
   *
   * @param {Source} source
   * @returns {import('./encodings.js').Mode}
   */
  mode(source) {
    return MODES.find((mode) => mode === choices().modes[source]) ?? 'auto';
  }

  /**
   * Takes effect at once, in the picture that is being sent.
   *
   * @param {'camera' | 'screen'} source
   * @param {import('./encodings.js').Mode} mode
   */
  async setMode(source, mode) {
    remember({ modes: { ...choices().modes, [source]: mode } });
    const track = this._tracks.get(source);
    if (!track) return;
    track.contentHint = contentHint(source, mode);
    this.emit('changed', source);
    try {
      await track.applyConstraints({ ...track.getConstraints(), ...capture(source, mode) });
    } catch {
      return; // the device stays as it is
    }
    if (this._tracks.get(source) === track) this.emit('changed', source);
  }

  /** @param {boolean} on */
  async setMicrophone(on) {
    const track = this._tracks.get('microphone');
    if (track) {
      track.enabled = on;
      this.emit('changed', 'microphone');
    } else if (on) {
      this.put('microphone', await openMicrophone(choices().microphone));
    }
  }

  /** @param {boolean} on */
  async setCamera(on) {
    this.put('camera', on ? await openCamera(choices().camera, this.mode('camera')) : null);
  }

  /** @param {boolean} on */
  async setScreen(on) {
    const share = on ? await openScreen(this.mode('screen')) : { screen: null, audio: null };
    this.put('screen', share.screen);
    this.put('screen-audio', share.audio);
  }

  /**
   * Use another device from now on. A muted microphone stays muted.
   *
   * @param {'camera' | 'microphone'} source
   * @param {string} deviceId
   */
  async choose(source, deviceId) {
    remember({ [source]: deviceId });
    const before = this._tracks.get(source);
    if (!before) return;
    const track = source === 'camera' ? await openCamera(deviceId, this.mode('camera')) : await openMicrophone(deviceId);
    track.enabled = before.enabled;
    this.put(source, track);
  }

  stop() {
    for (const source of [...this._tracks.keys()]) this.put(source, null);
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  _ended(source, track) {
    if (this._tracks.get(source) !== track) return;
    this.put(source, null);
    if (source === 'screen') this.put('screen-audio', null);
    else this.emit('ended', source);
  }
}
