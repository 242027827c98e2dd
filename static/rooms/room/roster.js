// The people of a call as a list, and what a host may do about each of them. Pure. The rules repeat
// those of rooms/roles.py, for the menus only. The server decides.

import { mayRemove, tileModels } from './people.js';

/**
 * @typedef {import('./state/room_state.js').RoomState} RoomState
 * @typedef {import('./people.js').TileModel} TileModel
 *
 * @typedef {object} Entry
 * @property {TileModel} tile the one of the camera
 * @property {string} id
 * @property {string} name
 * @property {boolean} own
 * @property {string} role
 * @property {boolean} stream
 * @property {boolean} muted
 * @property {boolean} camera it is on
 * @property {boolean} screen it is shared
 * @property {number} hand place among the raised hands, from 1; 0: it is down
 * @property {boolean} unnamed they gave no name
 *
 * @typedef {'mute' | 'stop_camera' | 'stop_screen' | 'ask' | 'lower_hand' | 'moderator' | 'speaker'
 *   | 'listener' | 'rename' | 'remove'} ActKey
 * @typedef {{key: ActKey, enabled: boolean}} Act
 */

const GUESTS = ['speaker', 'listener'];

/**
 * Raised hands first, in their order, then oneself, then the others as they have joined.
 *
 * @param {RoomState} room
 * @param {{microphone: boolean, camera: boolean, screen: boolean}} own what this page sends
 * @returns {Entry[]}
 */
export function roster(room, own) {
  const tiles = tileModels(room, own);
  const sharing = new Set(tiles.filter(({ screen }) => screen).map(({ person }) => person));
  const entries = tiles.filter(({ screen }) => !screen).map((tile) => {
    const { person: id, name, own: mine, stream, muted, camera, hand } = tile;
    const { role = '', unnamed = false } = room.people.get(id) ?? {};
    const screen = sharing.has(id);
    const known = { tile, id, name, own: mine, role, stream, muted, camera, screen };
    return { ...known, hand, unnamed };
  });
  const rank = (/** @type {Entry} */ { hand, own: mine }) =>
    hand || entries.length + (mine ? 1 : 2);
  return entries.sort((a, b) => rank(a) - rank(b));
}

/**
 * @param {string} role
 * @param {{role: string}} other
 */
export function mayHold(role, other) {
  return role === 'owner' || (role === 'moderator' && other.role !== 'owner');
}

/**
 * @param {string} role
 * @param {{role: string}} other
 * @param {string} to
 */
export function mayChange(role, other, to) {
  const mine = { owner: ['moderator', ...GUESTS], moderator: GUESTS }[role] ?? [];
  return mine.includes(other.role) && mine.includes(to) && other.role !== to;
}

/**
 * What stands in the menu of a person. Muting, stopping the camera and removing always do. There is
 * no way to unmute anyone.
 *
 * @param {string} role of the host
 * @param {Entry} entry
 * @returns {Act[]}
 */
export function actsFor(role, entry) {
  const { muted, camera, screen, hand, stream, unnamed } = entry;
  const hold = mayHold(role, entry);
  const sends = entry.role !== 'listener' && !stream;
  const change = (/** @type {string} */ to) => !stream && mayChange(role, entry, to);
  /** @type {[ActKey, boolean, boolean][]} key, shown, enabled */
  const acts = [
    ['mute', true, hold && !muted],
    ['stop_camera', true, hold && camera],
    ['stop_screen', screen, hold],
    ['ask', hold && sends && muted, true],
    ['lower_hand', hand > 0, hold],
    ['moderator', change('moderator'), true],
    ['speaker', change('speaker'), true],
    ['listener', change('listener'), true],
    ['rename', unnamed && !stream, true],
    ['remove', true, mayRemove(role, entry)],
  ];
  return acts.filter(([, shown]) => shown).map(([key, , enabled]) => ({ key, enabled }));
}
