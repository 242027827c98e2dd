import { choices, remember } from '../common/choices.js';
import { Emitter } from '../common/emitter.js';
import { DeviceError, listDevices, openDevice, openExactly, openScreen } from './devices.js';
import { mobile } from './encoder_abilities.js';
import { capture, contentHint, MODES } from './encodings.js';

/**
 * @typedef {import('../common/types.js').Source} Source
 * @typedef {import('./devices.js').Device} Device
 * @typedef {{changed: Source, ended: Device, switched: Device}} Events
 *   `ended`: a device went away by itself; `switched`: another one took its place
 */

/** Errors that may come from the open device, if the browser cannot open a second one. */
const MAY_BE_FREED = new Set(['in_use', 'waiting', 'unknown']);

/**
 * This page's own tracks. Muting the microphone keeps the device open, so that unmuting is instant.
 * Turning the camera off closes it, so that its light goes out.
 *
 * @extends {Emitter<Events>}
 */
export class LocalMedia extends Emitter {
  constructor() {
    super();
    /** @type {Map<Source, MediaStreamTrack>} */
    this._tracks = new Map();
    /** Id of a microphone that went away, such as a headset, and was replaced by another one. */
    this._missed = '';
    /** @type {Map<Source, MediaStreamTrack | null>} what is sent in place of a device's track */
    this._instead = new Map();
    /** Make it easier for the computer; false: nothing here can. */
    this.relieve = () => false;
    /** @type {Set<MediaStreamTrack>} tracks that are being replaced */
    this._leaving = new Set();
    /** Number of calls of `stop`, by which an opening device sees that it is too late. */
    this._stops = 0;
    /** @type {Promise<unknown>} the last change of a device; they run one after the other */
    this._changes = Promise.resolve();
    const devices = globalThis.navigator?.mediaDevices;
    devices?.addEventListener('devicechange', () => void this._comeBack());
  }

  /** @param {Source} source */
  track(source) {
    return this._tracks.get(source) ?? null;
  }

  /**
   * What others get of a source: its track, or that of an effect. null: nothing, or nothing yet.
   *
   * @param {Source} source
   */
  sent(source) {
    const track = this.track(source);
    const instead = this._instead.get(source);
    return track && instead !== undefined ? instead : track;
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack | null | undefined} track of an effect; null: send nothing until there
   *   is one; undefined: send the device's
   */
  substitute(source, track) {
    const before = this.sent(source);
    if (track === undefined) this._instead.delete(source);
    else this._instead.set(source, track);
    if (this.sent(source) !== before) this.emit('changed', source);
  }

  /**
   * Is this source being sent?
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
      if (source === 'camera' || source === 'screen') {
        track.contentHint = contentHint(source, this.mode(source));
      }
    }
    this.emit('changed', source);
  }

  /**
   * What matters most in a video when not everything is possible.
   *
   * @param {Source} source
   * @returns {import('./encodings.js').Mode}
   */
  mode(source) {
    return MODES.find((mode) => mode === choices().modes[source]) ?? 'auto';
  }

  /**
   * Takes effect at once in the video that is being sent.
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
      await this._start('microphone');
    }
  }

  /** @param {boolean} on */
  async setCamera(on) {
    if (on) await this._start('camera');
    else this.put('camera', null);
  }

  /**
   * Close the device again if it is too late: everything was stopped, or another track took its
   * place, which may be muted already.
   *
   * @param {Device} source
   */
  async _start(source) {
    const [stops, before] = [this._stops, this._tracks.get(source)];
    const track = await this._open(source, choices()[source]);
    if (stops === this._stops && this._tracks.get(source) === before) this.put(source, track);
    else track.stop();
  }

  /** @param {boolean} on */
  async setScreen(on) {
    const share = on ? await openScreen(this.mode('screen')) : { screen: null, audio: null };
    this.put('screen', share.screen);
    this.put('screen-audio', share.audio);
  }

  /**
   * Use another device from now on. A muted microphone stays muted. If the new device does not
   * start, the current one continues.
   *
   * @param {Device} source
   * @param {string} deviceId
   */
  async choose(source, deviceId) {
    await this._replace(source, deviceId);
    remember({ [source]: deviceId });
    if (source === 'microphone') this._missed = '';
  }

  /**
   * @param {Device} source
   * @param {string} deviceId
   */
  async _replace(source, deviceId) {
    const change = this._changes.then(() => this._replaceNow(source, deviceId));
    this._changes = change.catch(() => {});
    await change;
  }

  /**
   * @param {Device} source
   * @param {string} deviceId
   */
  async _replaceNow(source, deviceId) {
    const before = this._tracks.get(source);
    if (!before) return;
    const held = before.getSettings().deviceId ?? '';
    this._leaving.add(before);
    try {
      this._use(source, before, await this._openOther(source, before, deviceId));
    } catch (error) {
      if (before.readyState === 'live') throw new DeviceError(source, 'kept', error);
      await this._goBack(source, before, held, error);
    } finally {
      this._leaving.delete(before);
    }
  }

  /**
   * Many phones refuse a second camera or microphone while the first one is open, or the second one
   * stays black.
   *
   * @param {Device} source
   * @param {MediaStreamTrack} before
   * @param {string} deviceId
   */
  async _openOther(source, before, deviceId) {
    if (!mobile()) {
      try {
        return await openExactly(source, deviceId, this.mode('camera'));
      } catch (error) {
        if (!(error instanceof DeviceError) || !MAY_BE_FREED.has(error.reason)) throw error;
      }
    }
    before.stop();
    return openExactly(source, deviceId, this.mode('camera'));
  }

  /**
   * @param {Device} source
   * @param {MediaStreamTrack} before
   * @param {string} held id of the device that was in use
   * @param {unknown} error why the other one did not open
   */
  async _goBack(source, before, held, error) {
    try {
      this._use(source, before, await this._open(source, held));
    } catch {
      if (this._tracks.get(source) === before) this.put(source, null);
      throw error; // the first error says more
    }
    throw new DeviceError(source, 'kept', error);
  }

  /**
   * @param {Device} source
   * @param {string} deviceId
   */
  _open(source, deviceId) {
    return openDevice(source, deviceId, this.mode('camera'));
  }

  /**
   * Replace a track by another one, unless it was turned off meanwhile.
   *
   * @param {Device} source
   * @param {MediaStreamTrack} before
   * @param {MediaStreamTrack} track
   * @returns {boolean} is the new one in use now?
   */
  _use(source, before, track) {
    if (this._tracks.get(source) !== before) {
      track.stop();
      return false;
    }
    track.enabled = before.enabled;
    this.put(source, track);
    return true;
  }

  stop() {
    this._stops += 1;
    for (const source of [...this._tracks.keys()]) this.put(source, null);
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} track
   */
  _ended(source, track) {
    if (this._tracks.get(source) !== track || this._leaving.has(track)) return;
    if (source === 'microphone') return void this._substitute(track);
    this.put(source, null);
    if (source === 'screen') this.put('screen-audio', null);
    if (source === 'camera') this.emit('ended', source);
  }

  /**
   * A microphone went away, such as a headset with an empty battery. Open another one, so that the
   * person can still be heard.
   *
   * @param {MediaStreamTrack} before
   */
  async _substitute(before) {
    const missed = before.getSettings().deviceId ?? '';
    try {
      if (!this._use('microphone', before, await this._open('microphone', ''))) return;
    } catch {
      if (this._tracks.get('microphone') !== before) return;
      this.put('microphone', null);
      this.emit('ended', 'microphone');
      return;
    }
    // `default` now means another device.
    this._missed = missed === 'default' ? '' : missed;
    this.emit('switched', 'microphone');
  }

  /** Devices have come or gone. Go back to the missed one if it is there again. */
  async _comeBack() {
    const missed = this._missed;
    if (!missed) return;
    const there = (await listDevices('audioinput')).some(({ deviceId }) => deviceId === missed);
    if (!there || this._missed !== missed) return;
    this._missed = '';
    await this._replace('microphone', missed).catch(() => {});
  }
}
