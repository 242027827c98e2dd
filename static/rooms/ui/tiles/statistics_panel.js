import { decimal, rate } from './rate.js';
import { text } from '../../common/texts.js';
import { Readings } from '../../room/readings.js';
import { byId, make } from '../dom.js';

const EVERY = 1000;

/** Reasons with texts of their own. */
const WHY = new Set(['cpu', 'bandwidth', 'muted', 'held', 'codec']);

/**
 * @typedef {import('../../room/people.js').TileModel} TileModel
 * @typedef {import('../../media/statistics.js').Reading} Reading
 */

/** The statistics of one video, updated every second while the panel is open. */
export class StatisticsPanel {
  /** @param {import('../../room/call.js').Call} call */
  constructor(call) {
    this._call = call;
    this._panel = byId('statistics', HTMLElement);
    this._title = byId('statistics-title', HTMLElement);
    this._rows = byId('statistics-rows', HTMLElement);
    /** @type {TileModel | null} */
    this._model = null;
    /** @type {Readings | null} */
    this._readings = null;
    /** @type {HTMLElement | null} */
    this._opener = null;
    this._timer = 0;
    byId('statistics-close', HTMLButtonElement).onclick = () => this.close();
    this._panel.onkeydown = (event) => {
      if (event.key === 'Escape') this.close();
    };
    call.on('ended', () => this.close());
  }

  /**
   * @param {TileModel} model
   * @param {string} title of the tile
   * @param {HTMLElement} opener gets the focus back
   */
  open(model, title, opener) {
    clearInterval(this._timer);
    this._model = model;
    this._readings = new Readings(this._call, model);
    this._opener = opener;
    this._title.textContent = text('stats.title', { name: title });
    this._rows.replaceChildren();
    this._panel.hidden = false;
    byId('statistics-close', HTMLButtonElement).focus();
    this._timer = setInterval(() => void this._update(), EVERY);
    void this._update();
  }

  close() {
    if (this._panel.hidden) return;
    clearInterval(this._timer);
    this._model = null;
    this._readings = null;
    this._panel.hidden = true;
    this._opener?.focus();
  }

  /** @param {readonly TileModel[]} models of the current tiles */
  keep(models) {
    if (this._model && !models.some(({ key }) => key === this._model?.key)) this.close();
  }

  async _update() {
    const readings = this._readings;
    if (!readings) return;
    const { reading, layer, held } = await readings.next();
    if (this._readings === readings) this._show(reading ? rows(reading, layer, held) : []);
  }

  /** @param {[string, string][]} all */
  _show(all) {
    if (!all.length) all = [[text('stats.picture'), text('stats.none')]];
    const shown = all.map(([name, value]) => {
      const heading = make('th', '', name);
      heading.scope = 'row';
      return make('tr', '', heading, make('td', '', value));
    });
    this._rows.replaceChildren(...shown);
  }
}

/**
 * @param {Reading} reading
 * @param {string} layer
 * @param {string} held why no video, or no better one, arrives, or ''
 * @returns {[string, string][]}
 */
function rows(reading, layer, held) {
  const { width, height, fps, bitrate, loss, rtt, codec, limit } = reading;
  const dash = '–';
  const reason = held || (limit === 'none' ? '' : limit);
  return [
    [text('stats.picture'), width ? `${width} × ${height}` : dash],
    [text('stats.fps'), fps ? String(Math.round(fps)) : dash],
    [text('stats.bitrate'), bitrate === null ? dash : rate(bitrate)],
    [text('stats.loss'), loss === null ? dash : `${decimal(loss * 100)} %`],
    [text('stats.rtt'), rtt === null ? dash : `${Math.round(rtt * 1000)} ms`],
    [text('stats.layer'), layer || dash],
    [text('stats.codec'), codec || dash],
    [text('stats.limit'), reason ? why(reason) : text('stats.why.none')],
  ];
}

/** @param {string} reason a key from the browser or the worker */
function why(reason) {
  return WHY.has(reason) ? text(`stats.why.${reason}`) : text('stats.why.other');
}
