// How long to wait before a retry: doubles from half a second to ten, and is randomised so that a
// crowd does not return all at once.

const FIRST = 500;
const LONGEST = 10_000;

/**
 * @param {number} attempt 0 for the first try after a failure
 * @param {number} random 0..1
 * @param {number} [longest] milliseconds
 * @returns {number} milliseconds
 */
export function delay(attempt, random, longest = LONGEST) {
  const full = Math.min(longest, FIRST * 2 ** attempt);
  return full / 2 + (full / 2) * random;
}
