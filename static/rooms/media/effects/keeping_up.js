// Whether an effect keeps up with the camera. Pure.

/**
 * @typedef {{frames: number, busy: number, milliseconds: number}} Reading
 *   `frames`: processed ones; `busy`: milliseconds spent on them; `milliseconds`: in this time
 */

/** Share of the camera's frames below which a picture looks broken. */
const ENOUGH = 0.6;

/** A worker that idles for longer than the rest is not slow: a camera may be, in the dark. */
const BUSY = 0.85;

/** Milliseconds. A computer may be slow for a moment, for example while others join. */
const SLOW_FOR = 6000;

/** Above this rate a picture is good enough, whatever the camera can do. */
const MOST = 24;

export class KeepingUp {
  constructor() {
    this._slow = 0;
  }

  /**
   * @param {Reading} reading
   * @param {number | undefined} rate frames that the camera delivers in a second
   * @returns {boolean} has it been too slow for too long?
   */
  add({ frames, busy, milliseconds }, rate) {
    const wanted = Math.min(rate || MOST, MOST) * ENOUGH;
    const slow = (frames * 1000) / milliseconds < wanted && busy / milliseconds > BUSY;
    this._slow = slow ? this._slow + milliseconds : 0;
    return this._slow >= SLOW_FOR;
  }
}
