import { text } from '../../common/texts.js';
import { check } from '../../room/reach.js';
import { announce } from '../announce.js';
import { byId } from '../dom.js';

/** People who click Join at once need no check. Milliseconds. */
const AFTER = 1500;

/** In the lobby: says whether this network lets calls through. */
export class ReachCheck {
  /** @param {import('../../common/types.js').Config} config */
  constructor(config) {
    this._config = config;
    this._words = byId('reach-text', HTMLElement);
    this._button = byId('reach-again', HTMLButtonElement);
    this._ended = new AbortController();
    this._button.onclick = () => void this._run(true);
    this._begin();
  }

  /** A page that nobody looks at checks nothing. */
  _begin() {
    const { signal } = this._ended;
    const begin = () => {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', begin);
      setTimeout(() => signal.aborted || void this._run(false), AFTER);
    };
    document.addEventListener('visibilitychange', begin, { signal });
    begin();
  }

  /** The call begins: its own connection says the rest. */
  stop() {
    this._ended.abort();
  }

  /** @param {boolean} asked did the person ask for it? */
  async _run(asked) {
    this._button.disabled = true;
    if (asked) this._words.textContent = text('lobby.reach.checking');
    try {
      this._show(await this._verdict(), asked);
    } catch (error) {
      if (!this._ended.signal.aborted) console.warn('the connection was not checked:', error);
      this._show('unknown', asked);
    }
    this._button.disabled = false;
  }

  /** @returns {Promise<import('../../room/reach.js').Verdict>} */
  async _verdict() {
    const { signal } = this._ended;
    const headers = { Pass: this._config.pass };
    const answer = await fetch(this._config.reach, { headers, signal, credentials: 'omit' });
    if (!answer.ok) return 'unknown';
    return check(await answer.json(), this._config.ice_servers, signal);
  }

  /**
   * @param {import('../../room/reach.js').Verdict} verdict
   * @param {boolean} asked
   */
  _show(verdict, asked) {
    if (this._ended.signal.aborted) return;
    const words = text(`lobby.reach.${verdict}`);
    this._words.textContent = words;
    byId('reach', HTMLElement).dataset.verdict = verdict;
    this._button.hidden = verdict === 'udp';
    // Good news needs no interruption.
    if (asked || verdict === 'blocked') announce(words);
  }
}
