import { received, sent } from '../media/statistics.js';

/**
 * @typedef {import('../media/statistics.js').Reading} Reading
 * @typedef {import('./people.js').TileModel} TileModel
 */

/** The statistics of one tile's video, from one reading to the next. */
export class Readings {
  /**
   * @param {import('./call.js').Call} call
   * @param {TileModel} model
   */
  constructor(call, model) {
    this._call = call;
    this._model = model;
    /** @type {Reading | null} */
    this._before = null;
  }

  /**
   * @returns {Promise<{reading: Reading | null, layer: string, held: string}>} `reading`: null, no
   *   video flows; `held`: why no video, or no better one, arrives, or ''
   */
  async next() {
    const { own, screen, key } = this._model;
    const arriving = own ? null : this._call.subscriptions.receiver(key);
    const report = own
      ? await this._call.sentStatistics(screen ? 'screen' : 'camera')
      : await arriving?.receiver.getStats();
    const entries = report ? [...report.values()] : [];
    const reading = own ? sent(entries, this._before) : received(entries, this._before);
    this._before = reading;
    const layer = arriving?.layer ?? reading?.layers ?? '';
    return { reading, layer, held: arriving?.limit ?? '' };
  }
}
