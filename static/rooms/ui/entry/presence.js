import { delay } from '../../common/backoff.js';
import { byId } from '../dom.js';

/** Between two questions, give or take a quarter. Milliseconds. */
const EVERY = 5000;

/** The longest pause after failures. Milliseconds. */
const LONGEST = 60_000;

/** In the lobby: keeps up to date who is in the call. The server wrote the first sentence. */
export class Presence {
  /** @param {import('../../common/types.js').Config} config */
  constructor(config) {
    this._config = config;
    this._failures = 0;
    this._timer = 0;
    document.addEventListener('visibilitychange', () => this._looked() && void this._ask());
    this._later();
  }

  /** Is anyone reading it? During the call the lobby is hidden. */
  _looked() {
    return document.visibilityState === 'visible' && !byId('lobby', HTMLElement).hidden;
  }

  _later() {
    const random = Math.random();
    const usual = EVERY * (0.75 + random / 2);
    const pause = this._failures ? delay(this._failures, random, LONGEST) : usual;
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._ask(), pause);
  }

  async _ask() {
    clearTimeout(this._timer);
    if (this._looked()) {
      const said = await this._answer();
      this._failures = said === null ? this._failures + 1 : 0;
      if (said !== null) this._show(said);
    }
    this._later();
  }

  /** @returns {Promise<string | null>} null: no answer; '': nobody may or can say */
  async _answer() {
    try {
      const headers = { Pass: this._config.pass };
      const answer = await fetch(this._config.present, { headers, credentials: 'omit' });
      if (answer.status === 403) return '';
      return answer.ok ? (await answer.json()).text : null;
    } catch {
      return null; // offline
    }
  }

  /** @param {string} said */
  _show(said) {
    const words = byId('present-text', HTMLElement);
    if (words.textContent !== said) words.textContent = said;
    byId('present', HTMLElement).hidden = !said;
  }
}
