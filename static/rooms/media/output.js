import { choices, remember } from '../common/choices.js';
import { listDevices } from './devices.js';

/** Does this browser let a page choose where its sound comes out? */
export function canChooseOutput() {
  return 'HTMLMediaElement' in globalThis && 'setSinkId' in HTMLMediaElement.prototype;
}

/**
 * Where this page's sound comes out. If the chosen device is unplugged, sound comes from the
 * default one until it is back.
 */
export class AudioOutput {
  /**
   * @param {() => Iterable<HTMLMediaElement>} elements that make sound now
   * @param {() => Promise<MediaDeviceInfo[]>} [list]
   */
  constructor(elements, list = () => listDevices('audiooutput')) {
    this._elements = elements;
    this._list = list;
    /** @type {MediaDeviceInfo[]} */
    this.devices = [];
    /** A device that the browser listed but could not use; '': none. */
    this._broken = '';
    /** @type {WeakMap<HTMLMediaElement, string>} to which device an element is on its way */
    this._moving = new WeakMap();
  }

  /** Id of the device in use; '': the browser's default. */
  get inUse() {
    const { output } = choices();
    const there = this.devices.some(({ deviceId }) => deviceId === output);
    return there && output !== this._broken ? output : '';
  }

  /** The computer's devices may be others now. */
  async refresh() {
    this.devices = await this._list();
    this._broken = '';
    await this.look();
  }

  /** @param {string} deviceId */
  async choose(deviceId) {
    remember({ output: deviceId });
    this._broken = '';
    await this.look();
  }

  /** Let every element play where it should. */
  async look() {
    const device = this.inUse;
    const moves = [...this._elements()].map((element) => this._move(element, device));
    await Promise.all(moves);
  }

  /**
   * @param {HTMLMediaElement} element
   * @param {string} device
   */
  async _move(element, device) {
    if ((this._moving.get(element) ?? element.sinkId) === device) return;
    this._moving.set(element, device);
    try {
      await element.setSinkId(device);
    } catch {
      if (device) this._broken = device;
    } finally {
      if (this._moving.get(element) === device) this._moving.delete(element);
    }
  }
}
