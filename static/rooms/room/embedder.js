/**
 * The page around the call's frame: what it is told, and what it may ask for. Pure: messages in,
 * commands and answers out. The messages are those of docs/embedding.md.
 *
 * Nothing is told to anyone before a listed origin has said hello. What happened until then is kept
 * as a state, so a page that says hello late, or twice, learns the same.
 */

export const VERSION = 1;

/** As in the room's list of people; a longer one is cut. */
const MOST_NAMES = 1000;

/**
 * @typedef {{type: 'mute'} | {type: 'leave'} | {type: 'focus'}} Command
 * @typedef {{
 *   inCall: boolean | null,
 *   people: {count: number, names?: string[]} | null,
 *   muted: {microphone: boolean, camera: boolean} | null,
 *   hand: {raised: boolean} | null,
 *   size: {height: number} | null,
 * }} State `inCall`: null before the join
 */

/**
 * The fields that commands have, of a message of this version. All else has none.
 *
 * @param {any} data
 * @returns {{type?: unknown, muted?: unknown}}
 */
function read(data) {
  try {
    if (typeof data !== 'object' || data?.confcall !== VERSION) return {};
    return { type: data.type, muted: data.muted };
  } catch {
    return {};
  }
}

export class Embedder {
  /**
   * @param {{origins: string[], names: boolean}} rules of the room, see `Config.embed`
   * @param {string} own this page's origin, which may frame it too
   * @param {(message: object, origin: string) => void} post to the page around the frame
   */
  constructor({ origins, names }, own, post) {
    this._allowed = new Set([...origins, own]);
    this._names = names;
    this._post = post;
    this._origin = '';
    /** @type {State} */
    this._state = { inCall: null, people: null, muted: null, hand: null, size: null };
  }

  /**
   * @param {unknown} data
   * @param {string} origin of the sender, which is the page around the frame
   * @returns {Command | null} null: nothing to do
   */
  receive(data, origin) {
    if (!this._allowed.has(origin)) return null;
    const { type, muted } = read(data);
    if (type === 'hello') {
      this._origin = origin;
      this._tellAll();
      return null;
    }
    if (origin !== this._origin) return null;
    // No page around the frame can turn on a camera or microphone.
    if (type === 'mute') return muted === true ? { type } : null;
    return type === 'leave' || type === 'focus' ? { type } : null;
  }

  joined() {
    if (this._state.inCall) return;
    this._state.inCall = true;
    this._tell('joined', {});
  }

  left() {
    if (!this._state.inCall) return;
    this._state.inCall = false;
    this._tell('left', {});
  }

  /** @param {string[]} names of everyone in the call */
  people(names) {
    const count = names.length;
    const listed = this._names ? { names: names.slice(0, MOST_NAMES) } : {};
    this._change('people', { count, ...listed });
  }

  /**
   * @param {boolean} microphone is it off?
   * @param {boolean} camera
   */
  muted(microphone, camera) {
    this._change('muted', { microphone, camera });
  }

  /** @param {boolean} raised */
  hand(raised) {
    this._change('hand', { raised });
  }

  /** @param {number} height CSS pixels that the page needs; 0: a call, which fills what it gets */
  size(height) {
    this._change('size', { height });
  }

  /**
   * @param {'people' | 'muted' | 'hand' | 'size'} type
   * @param {object} body
   */
  _change(type, body) {
    if (JSON.stringify(body) === JSON.stringify(this._state[type])) return;
    Object.assign(this._state, { [type]: body });
    this._tell(type, body);
  }

  _tellAll() {
    const { inCall, ...rest } = this._state;
    this._tell('ready', {});
    if (inCall !== null) this._tell(inCall ? 'joined' : 'left', {});
    for (const [type, body] of Object.entries(rest)) if (body) this._tell(type, body);
  }

  /**
   * @param {string} type
   * @param {object} body
   */
  _tell(type, body) {
    if (this._origin) this._post({ confcall: VERSION, type, ...body }, this._origin);
  }
}
