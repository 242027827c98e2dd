// The room as the page shows it while the call moves to another worker. Pure.

/**
 * The people of a call arrive at a new worker one after the other. For so many milliseconds, those
 * who have not arrived yet are shown as they were, and nobody is told that they have left.
 */
export const EXPECTED_FOR = 15_000;

/**
 * @typedef {import('../../common/types.js').Person} Person
 * @typedef {import('../../common/types.js').Track} Track
 * @typedef {import('./room_state.js').RoomState} RoomState
 */

/** Joins what the server says about the room with those who are still expected in it. */
export class ShownRoom {
  /** @param {RoomState} empty */
  constructor(empty) {
    this.room = empty;
    this._epoch = empty.epoch;
    /** @type {Map<string, Person>} */
    this._people = new Map();
    /** @type {Map<string, Track>} */
    this._tracks = new Map();
    this._until = -Infinity;
  }

  /** When those who have not arrived by then have left; Infinity: no one is expected. */
  get until() {
    return this._people.size || this._tracks.size ? this._until : Infinity;
  }

  /**
   * @param {RoomState} said by the server
   * @param {number} now milliseconds of a clock that never jumps
   * @returns {RoomState} what to show
   */
  take(said, now) {
    if (said.epoch !== this._epoch) this._expect(said, now);
    // From the moment that the new worker names someone, it knows best.
    for (const id of said.people.keys()) this._people.delete(id);
    for (const id of said.tracks.keys()) this._tracks.delete(id);
    if (now >= this._until) {
      this._people.clear();
      this._tracks.clear();
    }
    this.room = this._joined(said);
    return this.room;
  }

  /**
   * @param {RoomState} said
   * @param {number} now
   */
  _expect(said, now) {
    const { epoch, you, people, tracks } = this.room;
    this._epoch = said.epoch;
    if (!epoch) return;
    // One's own person and tracks are not waited for: the page itself knows them.
    const theirs = [...people].filter(([id]) => id !== you);
    this._people = new Map(theirs);
    this._tracks = new Map([...tracks].filter(([, { participant }]) => participant !== you));
    this._until = now + EXPECTED_FOR;
  }

  /**
   * Everyone keeps their place, whoever arrives first.
   *
   * @param {RoomState} said
   * @returns {RoomState}
   */
  _joined(said) {
    const all = new Map([...this._people, ...said.people]);
    const before = [...this.room.people.keys()].filter((id) => all.has(id));
    /** @type {Map<string, Person>} */
    const people = new Map();
    for (const id of new Set([...before, ...all.keys()])) {
      const person = all.get(id);
      if (person) people.set(id, person);
    }
    for (const [id, { participant }] of this._tracks) {
      if (!people.has(participant)) this._tracks.delete(id);
    }
    return { ...said, people, tracks: new Map([...this._tracks, ...said.tracks]) };
  }
}
