/**
 * Asks until there is an answer, so that a lost message never leaves the page waiting for good. The
 * pauses double up to `longest`. `ask` decides when it has asked often enough.
 */
export class Asking {
  /**
   * @param {(attempt: number) => void} ask `attempt`: 0 for the first time
   * @param {{within: number, longest?: number}} limits milliseconds until the next attempt
   */
  constructor(ask, { within, longest = 8 * within }) {
    this._ask = ask;
    this._within = within;
    this._longest = longest;
    this._attempt = 0;
    this._timer = 0;
    /** Is an answer still to come? */
    this.open = false;
  }

  /** Ask now. */
  begin() {
    this.expect();
    this._ask(0);
  }

  /** The question is out already, or not needed: ask only if no answer comes. */
  expect() {
    this.open = true;
    this._attempt = 0;
    this._arm();
  }

  /** The answer has come, or no longer matters. */
  settle() {
    this.open = false;
    clearTimeout(this._timer);
  }

  _arm() {
    clearTimeout(this._timer);
    const pause = Math.min(this._longest, this._within * 2 ** this._attempt);
    this._timer = setTimeout(() => this._again(), pause);
  }

  _again() {
    this._attempt += 1;
    // First, because `ask` may settle.
    this._arm();
    this._ask(this._attempt);
  }
}
