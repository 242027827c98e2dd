// How the call is at the moment, in one word. Pure; `ui/notice.js` has the words for people.

/**
 * @typedef {'' | 'crowded' | 'busy' | 'unavailable' | 'socket' | 'lost' | 'moving' | 'media'
 *   | 'blocked' | 'waiting' | 'waiting_alone'} Condition '': nothing is wrong
 *
 * @typedef {object} Facts
 * @property {boolean} entered has this page been in the call?
 * @property {boolean} socket is the server connected, and does it reach the worker?
 * @property {string} refusal code of the error with which the server closed the last socket, or ''
 * @property {'' | 'waiting' | 'waiting_alone'} waiting to be let in, by a host who is there or not
 * @property {boolean} moving is the call on its way to another worker?
 * @property {boolean} alive does media flow over any connection?
 * @property {number} failures of connections in a row
 * @property {boolean} reached has any connection ever been connected?
 */

/** Errors after which the server closes the socket, and the page tries again by itself. */
const REFUSALS = /** @type {const} */ (['crowded', 'busy', 'unavailable']);

/**
 * @param {Facts} facts
 * @returns {Condition}
 */
export function condition(facts) {
  const { entered, socket, refusal, waiting, moving, alive, failures, reached } = facts;
  const named = REFUSALS.find((code) => code === refusal);
  if (!entered) return socket && !moving ? waiting : named ?? 'unavailable';
  if (!socket) {
    if (named === 'busy' && !alive) return 'busy';
    return alive ? 'socket' : 'lost';
  }
  // Nobody may be there to take the call, so without media it is not said to move.
  if (moving) return alive ? 'moving' : 'media';
  if (alive || !failures) return '';
  return failures > 1 && !reached ? 'blocked' : 'media';
}
