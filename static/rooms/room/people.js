// Who is shown, in which order, and what of them is wanted from the worker. Pure.

import { trackOf } from './room_state.js';
import { PRIORITY } from './slots.js';

/**
 * @typedef {import('./room_state.js').RoomState} RoomState
 *
 * @typedef {object} TileModel
 * @property {string} key the participant's id, or `<id>:screen`
 * @property {string} person
 * @property {string} name
 * @property {boolean} own
 * @property {boolean} screen
 * @property {boolean} muted the microphone is off
 * @property {boolean} camera a picture is to be expected
 * @property {boolean} speaking
 * @property {boolean} stream an encoder, not a person
 * @property {boolean} removable may this page's person remove it from the call?
 */

/**
 * The tiles of a room: others in the order of their coming, oneself last, a screen before its owner.
 *
 * @param {RoomState} room
 * @param {{microphone: boolean, camera: boolean, screen: boolean}} own what this page sends
 * @returns {TileModel[]}
 */
export function tileModels(room, own) {
  const speaking = new Set(room.speakers);
  const people = [...room.people.values()];
  const ordered = [...people.filter(({ id }) => id !== room.you), ...people.filter(({ id }) => id === room.you)];
  const role = room.people.get(room.you)?.role ?? '';
  return ordered.flatMap((person) => {
    const { id, name, stream } = person;
    const mine = id === room.you;
    const on = (/** @type {import('../common/types.js').Source} */ source) => {
      const track = trackOf(room, id, source);
      return Boolean(track && !track.muted);
    };
    const sends = mine ? own : { microphone: on('microphone'), camera: on('camera'), screen: on('screen') };
    const removable = !mine && mayRemove(role, person);
    const tile = { person: id, name, own: mine, muted: !sends.microphone, camera: sends.camera, stream, removable };
    /** @type {TileModel} */
    const camera = { ...tile, key: id, screen: false, speaking: speaking.has(id) && sends.microphone };
    /** @type {TileModel} */
    const screen = { ...tile, key: `${id}:screen`, screen: true, speaking: false };
    return sends.screen ? [screen, camera] : [camera];
  });
}

/**
 * Whom somebody with a role may remove: as in rooms/roles.py, which has the last word.
 *
 * @param {string} role
 * @param {{role: string, stream: boolean}} other
 */
export function mayRemove(role, other) {
  if (role === 'owner') return other.stream || other.role !== 'owner';
  return role === 'moderator' && (other.role === 'speaker' || other.role === 'listener');
}

/**
 * The tile that should be large, if any: the pinned one, else a screen, the others' before one's own.
 *
 * @param {readonly TileModel[]} tiles
 * @param {string} pinned
 * @returns {number} index, or -1
 */
export function focusIndex(tiles, pinned) {
  const pin = tiles.findIndex(({ key }) => key === pinned);
  if (pin >= 0) return pin;
  const theirs = tiles.findIndex(({ screen, own }) => screen && !own);
  return theirs >= 0 ? theirs : tiles.findIndex(({ screen }) => screen);
}

/**
 * What is wanted from the worker for these tiles, most wanted first.
 *
 * @param {RoomState} room
 * @param {readonly TileModel[]} tiles
 * @param {(key: string) => number} height of a tile in device pixels; 0: not to be seen now
 * @param {string} pinned
 * @returns {import('./slots.js').Wish[]}
 */
export function wishes(room, tiles, height, pinned) {
  return tiles
    .filter(({ own }) => !own)
    .map((tile) => {
      const audio = trackOf(room, tile.person, tile.screen ? 'screen-audio' : 'microphone');
      const video = trackOf(room, tile.person, tile.screen ? 'screen' : 'camera');
      const pixels = height(tile.key);
      return {
        key: tile.key,
        audio: audio?.id ?? null,
        video: (pixels > 0 && video?.id) || null,
        height: pixels,
        priority: priority(tile, pinned),
      };
    })
    .sort((a, b) => b.priority - a.priority);
}

/**
 * @param {TileModel} tile
 * @param {string} pinned
 */
function priority(tile, pinned) {
  if (tile.key === pinned) return PRIORITY.pinned;
  if (tile.screen) return PRIORITY.screen;
  return tile.speaking ? PRIORITY.speaking : PRIORITY.other;
}

/**
 * At most two letters for somebody without a picture.
 *
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map((word) => [...word][0]?.toLocaleUpperCase() ?? '').join('');
}

/**
 * A hue that belongs to a name, 0..359.
 *
 * @param {string} name
 */
export function hue(name) {
  const sum = [...name].reduce((all, letter) => (all * 31 + (letter.codePointAt(0) ?? 0)) % 3600, 7);
  // The golden angle keeps like names apart.
  return Math.round(sum * 137.5) % 360;
}
