/** After this time there is no answer, because someone has clicked and waits. */
const ANSWER_WITHIN = 5000;

/**
 * @typedef {import('../common/types.js').LinkEvent | import('../common/types.js').LinkOfEvent |
 *   import('../common/types.js').NotesLinkEvent} Answer
 * @typedef {{
 *   promise: Promise<Answer | null>,
 *   answer: (answer: Answer | null) => void,
 *   timer: ReturnType<typeof setTimeout>,
 * }} Waiting
 */

/**
 * The key that a question and its answer share. Questions about two people may be open at a time.
 *
 * @param {{type: string, participant?: unknown}} message
 */
const keyOf = ({ type, participant = '' }) => `${type} ${participant}`;

/** Questions that the server answers with one message of the same type about the same person. */
export class Questions {
  /**
   * @param {(message: {type: string} & Record<string, unknown>) => boolean} send false: not
   *   connected
   */
  constructor(send) {
    this._send = send;
    /** @type {Map<string, Waiting>} */
    this._waiting = new Map();
  }

  /**
   * @template {Answer['type']} T
   * @param {{type: T} & Record<string, unknown>} question if it is open already, it is not sent
   *   again: both wait for the same answer
   * @returns {Promise<Extract<Answer, {type: T}> | null>} null: no answer
   */
  ask(question) {
    const key = keyOf(question);
    const asked = this._waiting.get(key)?.promise ?? this._askNow(key, question);
    return /** @type {Promise<any>} */ (asked);
  }

  /**
   * @param {string} key
   * @param {{type: string} & Record<string, unknown>} question
   * @returns {Promise<Answer | null>}
   */
  _askNow(key, question) {
    if (!this._send(question)) return Promise.resolve(null);
    /** @type {Waiting['answer']} */
    let answer = () => {};
    /** @type {Waiting['promise']} */
    const promise = new Promise((resolve) => (answer = resolve));
    const timer = setTimeout(() => this._settle(key, null), ANSWER_WITHIN);
    this._waiting.set(key, { promise, answer, timer });
    return promise;
  }

  /** @param {Answer} answer */
  answered(answer) {
    this._settle(keyOf(answer), answer);
  }

  /** The socket is gone, and with it every answer. */
  lost() {
    for (const key of [...this._waiting.keys()]) this._settle(key, null);
  }

  /**
   * @param {string} key
   * @param {Answer | null} answer
   */
  _settle(key, answer) {
    const waiting = this._waiting.get(key);
    if (!waiting) return;
    this._waiting.delete(key);
    clearTimeout(waiting.timer);
    waiting.answer(answer);
  }
}
