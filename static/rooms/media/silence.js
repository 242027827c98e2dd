// Whether anything still arrives over a connection. A browser calls a connection `connected` for
// seconds after the other side has gone. Pure.

/** The worker sends reports at least once a second to whoever receives something. */
const MEDIA_WITHIN = 1500;

/** Chromium and Firefox ask for consent (RFC 7675) about every 2.5 s, and 5 s at most. */
const ANSWER_WITHIN = 7000;

/**
 * @typedef {{bytes: number, answers: number}} Inflow so far: bytes of packets, and answers to
 *   consent checks
 */

export class Silence {
  /** @param {number} now milliseconds */
  constructor(now) {
    /** @type {Inflow} */
    this._last = { bytes: -1, answers: -1 };
    this._mediaAt = now;
    this._answerAt = now;
  }

  /**
   * @param {Inflow} inflow
   * @param {boolean} receives does the worker send tracks to this page?
   * @param {number} now milliseconds
   * @returns {boolean} is the other side gone?
   */
  note({ bytes, answers }, receives, now) {
    if (bytes !== this._last.bytes) this._mediaAt = now;
    if (answers !== this._last.answers) this._answerAt = now;
    this._last = { bytes, answers };
    if (receives) return now - this._mediaAt > MEDIA_WITHIN;
    return now - Math.max(this._mediaAt, this._answerAt) > ANSWER_WITHIN;
  }
}

/**
 * @param {Iterable<Record<string, any>>} report of a connection
 * @returns {Inflow}
 */
export function inflow(report) {
  let [bytes, answers] = [0, 0];
  for (const entry of report) {
    if (entry.type !== 'candidate-pair') continue;
    bytes += entry.bytesReceived ?? 0;
    answers += entry.responsesReceived ?? 0;
  }
  return { bytes, answers };
}
