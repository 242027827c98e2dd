// Which people are shown, in which order, and what the page wants from the worker for them. Pure.

import { trackOf } from './state/room_state.js';
import { PRIORITY } from './slots.js';

/**
 * @typedef {import('./state/room_state.js').RoomState} RoomState
 *
 * @typedef {object} TileModel
 * @property {string} key the participant's id, or `<id>:screen`
 * @property {string} person
 * @property {string} name
 * @property {boolean} own
 * @property {boolean} screen
 * @property {boolean} muted the microphone is off
 * @property {boolean} camera the camera is on
 * @property {number} hand place among the raised hands, from 1; 0: it is down
 * @property {boolean} speaking
 * @property {boolean} stream an encoder, not a person
 * @property {string} link the person's own site, or ''
 * @property {string} photo shown in place of their initials, or ''
 * @property {boolean} managed is it another person, in a call that this page's person runs?
 * @property {boolean} removable may this page's person remove them from the call?
 */

/**
 * The tiles of a room: others in the order in which they joined, oneself last, a screen before its
 * owner.
 *
 * @param {RoomState} room
 * @param {{microphone: boolean, camera: boolean, screen: boolean}} own what this page sends
 * @returns {TileModel[]}
 */
export function tileModels(room, own) {
  const speaking = new Set(room.speakers);
  const people = [...room.people.values()];
  const isMine = (/** @type {{id: string}} */ { id }) => id === room.you;
  const ordered = [...people.filter((person) => !isMine(person)), ...people.filter(isMine)];
  const role = room.people.get(room.you)?.role ?? '';
  const hands = people.map(({ hand = 0 }) => hand).filter(Boolean).sort((a, b) => a - b);
  return ordered.flatMap((person) => {
    const { id, name, stream } = person;
    const mine = isMine(person);
    const on = (/** @type {import('../common/types.js').Source} */ source) => {
      const track = trackOf(room, id, source);
      return Boolean(track && !track.muted);
    };
    const sends = mine
      ? own
      : { microphone: on('microphone'), camera: on('camera'), screen: on('screen') };
    const tile = {
      person: id,
      name,
      own: mine,
      muted: !sends.microphone,
      camera: sends.camera,
      hand: person.hand ? hands.indexOf(person.hand) + 1 : 0,
      stream,
      link: siteLink(person.link),
      photo: ownPath(person.photo),
      managed: !mine && isHost(role),
      removable: !mine && mayRemove(role, person),
    };
    const speaks = speaking.has(id) && sends.microphone;
    /** @type {TileModel} */
    const camera = { ...tile, key: id, screen: false, speaking: speaks };
    /** @type {TileModel} */
    const screen = { ...tile, key: `${id}:screen`, screen: true, speaking: false };
    return sends.screen ? [screen, camera] : [camera];
  });
}

/**
 * An address that a click may open: http and https only. '' for anything else.
 *
 * @param {string | undefined} address
 */
export function siteLink(address) {
  return address && /^https?:\/\/[^/]/.test(address) ? address : '';
}

/**
 * A path on this site, or ''. An older worker sends none.
 *
 * @param {string | undefined} path
 */
function ownPath(path) {
  return path && /^\/[^/\\]/.test(path) ? path : '';
}

/** @param {string} role */
export function isHost(role) {
  return role === 'owner' || role === 'moderator';
}

/**
 * May someone with this role remove the other? The same rule as in rooms/roles.py, which decides.
 *
 * @param {string} role
 * @param {{role: string, stream: boolean}} other
 */
export function mayRemove(role, other) {
  if (role === 'owner') return other.stream || other.role !== 'owner';
  return role === 'moderator' && (other.role === 'speaker' || other.role === 'listener');
}

/**
 * The tile to show large, if any: the pinned one, else a screen, others' before one's own.
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
 * What the page wants from the worker for these tiles, highest priority first.
 *
 * @param {RoomState} room
 * @param {readonly TileModel[]} tiles
 * @param {(key: string) => number} height of a tile in device pixels; 0: not visible now
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
        priority: priority(tile, pinned, pixels > 0),
      };
    })
    .sort((a, b) => b.priority - a.priority);
}

/**
 * @param {TileModel} tile
 * @param {string} pinned
 * @param {boolean} visible
 */
function priority(tile, pinned, visible) {
  if (tile.key === pinned) return PRIORITY.pinned;
  if (tile.screen) return PRIORITY.screen;
  if (tile.speaking) return PRIORITY.speaking;
  return visible ? PRIORITY.other : PRIORITY.unseen;
}

/**
 * At most two letters for someone without a video.
 *
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/);
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map((word) => [...word][0]?.toLocaleUpperCase() ?? '').join('');
}

/**
 * A hue for a name, 0..359. The same name always has the same one.
 *
 * @param {string} name
 */
export function hue(name) {
  const add = (/** @type {number} */ sum, /** @type {string} */ letter) =>
    (sum * 31 + (letter.codePointAt(0) ?? 0)) % 3600;
  const sum = [...name].reduce(add, 7);
  // The golden angle gives similar names different hues.
  return Math.round(sum * 137.5) % 360;
}
