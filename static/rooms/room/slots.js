// Which track should arrive in which receive slot, and how large. Pure.

/**
 * @typedef {object} Wish what the layout wants to show of one person: their camera and voice, or their screen and its sound
 * @property {string} key stable name of the tile: the participant's id, or `<id>:screen`
 * @property {string | null} audio track id
 * @property {string | null} video track id
 * @property {number} height of the picture in device pixels
 * @property {number} priority
 *
 * @typedef {{audio: string, video: string}} Pair the mids of one receive pair
 * @typedef {import('../common/types.js').SlotRequest} SlotRequest
 */

export const PRIORITY = { other: 1, speaking: 2, screen: 3, pinned: 4 };

const PAIR_STEPS = [4, 8, 12, 16, 24, 32];

/** As many as an offer has room for beside the slots for voices (docs/protocol.md); who is wanted least gets none. */
const MOST_PAIRS = 36;

/** With more wishes than this it may be long, or for ever, until somebody who speaks has a pair. */
const CROWD = 12;

/** Slots for sound in which the worker puts whoever speaks and has no pair. */
const VOICES = 4;

/** Heights are asked for in these steps, so that dragging a divider is not a message per pixel. */
const HEIGHTS = [90, 180, 270, 360, 540, 720, 1080];

/**
 * How many receive pairs to have for so many wishes; never fewer than there are.
 *
 * @param {number} wanted
 * @param {number} have
 */
export function pairCount(wanted, have) {
  const step = PAIR_STEPS.find((size) => size >= wanted) ?? MOST_PAIRS;
  return Math.max(step, have);
}

/**
 * How many slots for voices to have for so many wishes; never fewer than there are.
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
 * Give each wish a pair. Who has one keeps it, so a picture never jumps because somebody else came or left; only where there
 * are too few it may go to somebody who is wanted more.
 *
 * @param {ReadonlyMap<string, number>} before key to pair number
 * @param {readonly {key: string, priority: number}[]} wishes
 * @param {number} pairs how many pairs there are
 * @returns {Map<string, number>}
 */
export function assign(before, wishes, pairs) {
  const rank = (/** @type {{key: string, priority: number}} */ { key, priority }) => priority + (before.has(key) ? 0.5 : 0);
  const keys = [...wishes].sort((a, b) => rank(b) - rank(a)).slice(0, pairs).map(({ key }) => key);
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
 * The whole wish list as slot requests, by mid. Pairs that nobody uses are emptied.
 *
 * @param {ReadonlyMap<string, number>} assignment
 * @param {readonly Wish[]} wishes
 * @param {readonly Pair[]} pairs
 * @param {readonly string[]} voices the mids of the slots for voices
 * @returns {Map<string, SlotRequest>}
 */
export function requests(assignment, wishes, pairs, voices = []) {
  /** @type {Map<string, SlotRequest>} */
  const result = new Map();
  for (const mid of voices) result.set(mid, { mid, track: null, height: 0, priority: 0, voices: true });
  for (const { audio, video } of pairs) {
    result.set(audio, { mid: audio, track: null, height: 0, priority: 0 });
    result.set(video, { mid: video, track: null, height: 0, priority: 0 });
  }
  for (const wish of wishes) {
    const pair = pairs[assignment.get(wish.key) ?? -1];
    if (!pair) continue;
    if (wish.audio) result.set(pair.audio, { mid: pair.audio, track: wish.audio, height: 0, priority: wish.priority });
    if (wish.video) {
      const height = heightStep(wish.height);
      result.set(pair.video, { mid: pair.video, track: wish.video, height, priority: wish.priority });
    }
  }
  return result;
}

/**
 * The requests that differ from what the worker was told last. A slot that was never used need not be emptied.
 *
 * @param {ReadonlyMap<string, SlotRequest>} told
 * @param {ReadonlyMap<string, SlotRequest>} wanted
 * @returns {SlotRequest[]}
 */
export function changes(told, wanted) {
  return [...wanted.values()].filter((request) => {
    const before = told.get(request.mid);
    if (!before) return request.track !== null || request.voices === true;
    return before.track !== request.track || before.height !== request.height || before.priority !== request.priority;
  });
}
