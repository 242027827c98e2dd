/** The server answers in far less, but its processes may lose an answer. */
const ANSWER_WITHIN = 8000;

/** Refusals after which the same change is sent again, and after how long. */
/** @type {Partial<Record<string, number>>} */
const AGAIN_AFTER = { too_fast: 500, busy: 2000 };

/**
 * @typedef {import('../../common/types.js').ChatLine} ChatLine
 * @typedef {{text: string | null, base: number, why: string}} Change `text`: null deletes the line;
 *   `base`: its change when this was asked; `why`: words of a refusal, or ''
 */

/**
 * The edits and deletions that this person has asked for, until the line comes back changed. Each
 * is sent again until then: that does no harm, because the same text is no change.
 */
export class ChatChanges {
  /** @param {(message: {type: string} & Record<string, unknown>) => void} send */
  constructor(send) {
    this._send = send;
    /** @type {Map<number, Change>} by the number of the line */
    this.all = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
  }

  /**
   * @param {ChatLine} line
   * @param {string | null} text null: delete it
   */
  ask(line, text) {
    this.all.set(line.number, { text, base: line.change, why: '' });
    this._tell(line.number);
    this._again(ANSWER_WITHIN);
  }

  /** Tell the server again what it has not answered. */
  fly() {
    const open = [...this.all].filter(([, { why }]) => !why);
    for (const [number] of open) this._tell(number);
    if (open.length) this._again(ANSWER_WITHIN);
  }

  /** @param {readonly ChatLine[]} lines as they are now */
  settle(lines) {
    for (const { number, change, deleted } of lines) {
      const asked = this.all.get(number);
      if (asked && (deleted || change > asked.base)) this.all.delete(number);
    }
  }

  /**
   * @param {number} number
   * @param {string} code
   * @param {string} why
   */
  refused(number, code, why) {
    const asked = this.all.get(number);
    const again = AGAIN_AFTER[code];
    if (again !== undefined) this._again(again);
    else if (asked) this.all.set(number, { ...asked, why });
  }

  /** @param {number} number a refused change is edited again, or discarded */
  forget(number) {
    this.all.delete(number);
  }

  close() {
    clearTimeout(this._timer);
  }

  /** @param {number} milliseconds */
  _again(milliseconds) {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this.fly(), milliseconds);
  }

  /** @param {number} number */
  _tell(number) {
    const text = this.all.get(number)?.text ?? null;
    if (text === null) this._send({ type: 'chat_delete', number });
    else this._send({ type: 'chat_edit', number, text });
  }
}
