// What hosts have decided: about this page's own sources, the room, and who waits. Pure.

/**
 * @typedef {import('../../common/types.js').Held} Held
 * @typedef {import('../../common/types.js').Source} Source
 * @typedef {import('../../common/types.js').Waiter} Waiter
 * @typedef {import('../../common/types.js').HostingEvent} HostingEvent
 *
 * @typedef {object} Hosting
 * @property {ReadonlyMap<Held, number>} sources those that a host has muted or stopped, with the
 *   number of the act
 * @property {ReadonlySet<Held>} bound those that start only after a host has asked for it
 * @property {ReadonlyMap<Held, number>} answered the acts after which this person has started the
 *   source again, by a click
 * @property {boolean} locked
 * @property {boolean} micsHeld may only hosts unmute themselves?
 * @property {readonly Waiter[]} waiting for hosts
 */

export const HELD = /** @type {const} */ (['microphone', 'camera', 'screen']);

/** @type {Hosting} */
export const UNTOUCHED = {
  sources: new Map(),
  bound: new Set(),
  answered: new Map(),
  locked: false,
  micsHeld: false,
  waiting: [],
};

/**
 * @param {Hosting} hosting
 * @param {HostingEvent} message
 * @returns {Hosting}
 */
export function heard(hosting, message) {
  switch (message.type) {
    case 'welcome':
      // A list of people who wait follows, unless it is empty.
      return withRoom({ ...withHeld(hosting, message.held), waiting: [] }, message.settings);
    case 'held':
      return withHeld(hosting, message);
    case 'room_settings':
      return withRoom(hosting, message);
    case 'waiting_list':
      return { ...hosting, waiting: message.people };
  }
}

/**
 * @param {Hosting} hosting
 * @param {{sources: Partial<Record<Held, number>>, bound: Held[]} | undefined} held an older server
 *   says nothing
 * @returns {Hosting}
 */
function withHeld(hosting, held) {
  const sources = new Map(HELD.flatMap((source) => entry(source, held?.sources[source])));
  // Once a source is released, the next act counts whatever its number is.
  const answered = new Map([...hosting.answered].filter(([source]) => sources.has(source)));
  return { ...hosting, sources, answered, bound: new Set(held?.bound) };
}

/**
 * @param {Held} source
 * @param {number | undefined} number
 * @returns {[Held, number][]}
 */
function entry(source, number) {
  return number === undefined ? [] : [[source, number]];
}

/**
 * @param {Hosting} hosting
 * @param {import('../../common/types.js').RoomSettings | undefined} settings
 * @returns {Hosting}
 */
function withRoom(hosting, settings) {
  if (!settings) return hosting;
  return { ...hosting, locked: settings.locked, micsHeld: settings.mics_held };
}

/**
 * Must this source be off? It must after each act of a host, until this person starts it again.
 *
 * @param {Hosting} hosting
 * @param {Source} source
 */
export function mustBeOff({ sources, bound, answered }, source) {
  const held = heldAs(source);
  if (bound.has(held)) return true;
  const number = sources.get(held);
  return number !== undefined && number > (answered.get(held) ?? -1);
}

/**
 * This person starts a source by a click.
 *
 * @param {Hosting} hosting
 * @param {Source} source
 * @returns {Hosting | null} null: only a host can allow it
 */
export function started(hosting, source) {
  const held = heldAs(source);
  if (hosting.bound.has(held)) return null;
  const number = hosting.sources.get(held);
  if (number === undefined) return hosting;
  return { ...hosting, answered: new Map(hosting.answered).set(held, number) };
}

/**
 * The number of the act that this person has answered by starting the source again. 0: none.
 *
 * @param {Hosting} hosting
 * @param {Source} source
 */
export function seen({ answered }, source) {
  return answered.get(heldAs(source)) ?? 0;
}

/**
 * The sound of a shared screen is held with it.
 *
 * @param {Source} source
 * @returns {Held}
 */
function heldAs(source) {
  return source === 'screen-audio' ? 'screen' : source;
}
