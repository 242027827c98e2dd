/** An answer that has not come by then is none: whoever has clicked waits for it. */
const ANSWER_WITHIN = 5000;

/**
 * @typedef {import('./types.js').LinkEvent | import('./types.js').LinkOfEvent} Answer
 * @typedef {{answer: (answer: Answer | null) => void, timer: ReturnType<typeof setTimeout>}} Waiting
 */

/** Questions that the server answers with one message of the same type. */
export class Questions {
  /** @param {(message: {type: string} & Record<string, unknown>) => boolean} send false: it cannot be sent now */
  constructor(send) {
    this._send = send;
    /** @type {Map<string, Waiting>} */
    this._waiting = new Map();
  }

  /**
   * @template {Answer['type']} T
   * @param {{type: T} & Record<string, unknown>} question the same question once more takes the place of the first
   * @returns {Promise<Extract<Answer, {type: T}> | null>} null: no answer
   */
  ask(question) {
    this._settle(question.type, null);
    if (!this._send(question)) return Promise.resolve(null);
    return new Promise((resolve) => {
      const answer = /** @type {(answer: Answer | null) => void} */ (resolve);
      const timer = setTimeout(() => this._settle(question.type, null), ANSWER_WITHIN);
      this._waiting.set(question.type, { answer, timer });
    });
  }

  /** @param {Answer} answer */
  answered(answer) {
    this._settle(answer.type, answer);
  }

  /** The socket is gone, and every answer with it. */
  lost() {
    for (const type of [...this._waiting.keys()]) this._settle(type, null);
  }

  /**
   * @param {string} type
   * @param {Answer | null} answer
   */
  _settle(type, answer) {
    const waiting = this._waiting.get(type);
    if (!waiting) return;
    this._waiting.delete(type);
    clearTimeout(waiting.timer);
    waiting.answer(answer);
  }
}
