// Which track should arrive in which receive slot, and how large. Pure.

/**
 * @typedef {object} Wish a person's camera and voice, or screen and its sound, as the layout wants
 *   to show it
 * @property {string} key stable name of the tile: the participant's id, or `<id>:screen`
 * @property {string | null} audio track id
 * @property {string | null} video track id
 * @property {number} height of the video in device pixels
 * @property {number} priority
 *
 * @typedef {{audio: string, video: string}} Pair the mids of one receive pair
 * @typedef {import('../common/types.js').SlotRequest} SlotRequest
 */

export const PRIORITY = { unseen: 0, other: 1, speaking: 2, screen: 3, pinned: 4 };

const PAIR_STEPS = [4, 8, 12, 16, 24, 32];

/**
 * As many as fit into an offer beside the voice slots (docs/protocol.md). With more wishes, those
 * with the lowest priority get none.
 */
const MOST_PAIRS = 36;

/** With more wishes than this, someone who speaks may wait long for a pair. */
const CROWD = 12;

/** Slots in which the worker puts the voices of people without a pair. */
const VOICES = 4;

/** Heights are requested in these steps, so that dragging a divider is not a message per pixel. */
const HEIGHTS = [90, 180, 270, 360, 540, 720, 1080];

/**
 * How many receive pairs so many wishes need; never fewer than there are.
 *
 * @param {number} wanted
 * @param {number} have
 */
export function pairCount(wanted, have) {
  const step = PAIR_STEPS.find((size) => size >= wanted) ?? MOST_PAIRS;
  return Math.max(step, have);
}

/**
 * How many voice slots so many wishes need; never fewer than there are.
 *
 * @param {number} wanted
 * @param {number} have
 */
export function voiceCount(wanted, have) {
  return Math.max(wanted > CROWD ? VOICES : 0, have);
}

/** @param {number} pixels */
export function heightStep(pixels) {
  return HEIGHTS.find((height) => height >= pixels) ?? 1080;
}

/**
 * Give each wish a pair. A wish keeps its pair, so that no video jumps because someone else came or
 * left. Only if there are too few pairs may one go to a wish of higher priority.
 *
 * @param {ReadonlyMap<string, number>} before key to pair number
 * @param {readonly {key: string, priority: number}[]} wishes
 * @param {number} pairs how many pairs there are
 * @returns {Map<string, number>}
 */
export function assign(before, wishes, pairs) {
  const rank = (/** @type {{key: string, priority: number}} */ { key, priority }) =>
    priority + (before.has(key) ? 0.5 : 0);
  const ranked = [...wishes].sort((a, b) => rank(b) - rank(a));
  const keys = ranked.slice(0, pairs).map(({ key }) => key);
  /** @type {Map<string, number>} */
  const after = new Map();
  for (const key of keys) {
    const pair = before.get(key);
    if (pair !== undefined && pair < pairs) after.set(key, pair);
  }
  const taken = new Set(after.values());
  let next = 0;
  for (const key of keys) {
    if (after.has(key)) continue;
    while (taken.has(next)) next += 1;
    taken.add(next);
    after.set(key, next);
  }
  return after;
}

/**
 * All wishes as slot requests, by mid. Unused pairs are emptied.
 *
 * @param {ReadonlyMap<string, number>} assignment
 * @param {readonly Wish[]} wishes
 * @param {readonly Pair[]} pairs
 * @param {readonly string[]} voices the mids of the voice slots
 * @returns {Map<string, SlotRequest>}
 */
export function requests(assignment, wishes, pairs, voices = []) {
  /** @type {Map<string, SlotRequest>} */
  const result = new Map();
  const empty = { track: null, height: 0, priority: 0 };
  for (const mid of voices) result.set(mid, { mid, ...empty, voices: true });
  for (const { audio, video } of pairs) {
    for (const mid of [audio, video]) result.set(mid, { mid, ...empty });
  }
  for (const wish of wishes) {
    const pair = pairs[assignment.get(wish.key) ?? -1];
    if (!pair) continue;
    const { audio, video, priority } = wish;
    if (audio) result.set(pair.audio, { mid: pair.audio, track: audio, height: 0, priority });
    if (video) {
      const height = heightStep(wish.height);
      result.set(pair.video, { mid: pair.video, track: video, height, priority });
    }
  }
  return result;
}

/**
 * The requests that differ from what the worker was told last. A slot that was never used need not
 * be emptied.
 *
 * @param {ReadonlyMap<string, SlotRequest>} told
 * @param {ReadonlyMap<string, SlotRequest>} wanted
 * @returns {SlotRequest[]}
 */
export function changes(told, wanted) {
  return [...wanted.values()].filter((request) => {
    const before = told.get(request.mid);
    if (!before) return request.track !== null || request.voices === true;
    const { track, height, priority } = request;
    return before.track !== track || before.height !== height || before.priority !== priority;
  });
}
