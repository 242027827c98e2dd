// What limits the videos that this page sends, and the switch to a cheaper codec.

import { sent } from './statistics.js';

const LOOK_EVERY = 2000;

/**
 * Equal readings in a row before a limit counts: nothing flickers, and a connection may ramp up.
 */
const STEADY = 5;

/**
 * @typedef {'camera' | 'screen'} Picture
 * @typedef {{reason: string, upload: number | null}} Held `reason`: `cpu`, `bandwidth`, `other` or
 *   `none`; `upload`: estimated bandwidth to the worker, bits per second
 */

/** @type {Held} */
const FREE = { reason: 'none', upload: null };

/** What has limited one video for a while. */
export class Limit {
  constructor() {
    this.shown = 'none';
    this._last = 'none';
    this._times = 0;
  }

  /**
   * @param {string} reason of one reading
   * @returns {string} the reason to show
   */
  add(reason) {
    this._times = reason === this._last ? this._times + 1 : 1;
    this._last = reason;
    if (this._times >= STEADY) this.shown = reason;
    return this.shown;
  }
}

/** Reads the browser's statistics of this page's own videos, and acts on them. */
export class SendLimits {
  /**
   * @param {{
   *   isOn: (picture: Picture) => boolean,
   *   statistics: (picture: Picture) => Promise<RTCStatsReport | undefined>,
   *   relieve: (picture: Picture) => Promise<boolean>,
   * }} pictures `relieve` switches to a cheaper codec; false: there is none
   * @param {() => void} looked called after each look
   */
  constructor(pictures, looked) {
    this._pictures = pictures;
    this._looked = looked;
    this._limits = { camera: new Limit(), screen: new Limit() };
    /** @type {Record<Picture, Held>} */
    this._held = { camera: FREE, screen: FREE };
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this._timer = undefined;
  }

  start() {
    this._timer = setInterval(() => void this.look(), LOOK_EVERY);
  }

  stop() {
    clearInterval(this._timer);
  }

  /**
   * @param {Picture} picture
   * @returns {Held}
   */
  of(picture) {
    return this._held[picture];
  }

  async look() {
    for (const picture of /** @type {const} */ (['camera', 'screen'])) await this._lookAt(picture);
    this._looked();
  }

  /** @param {Picture} picture */
  async _lookAt(picture) {
    const { isOn, statistics, relieve } = this._pictures;
    const report = isOn(picture) ? await statistics(picture) : undefined;
    const reading = sent(report?.values() ?? [], null);
    let reason = this._limits[picture].add(reading?.limit ?? 'none');
    if (reason === 'cpu' && (await relieve(picture))) {
      // Say nothing before the cheaper codec has had its chance.
      this._limits[picture] = new Limit();
      reason = 'none';
    }
    this._held[picture] = { reason, upload: reading?.upload ?? null };
  }
}
