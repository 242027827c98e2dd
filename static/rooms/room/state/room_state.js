// What is known about the room: a pure reducer over the numbered events.

/**
 * @typedef {import('../../common/types.js').Person} Person
 * @typedef {import('../../common/types.js').Track} Track
 *
 * @typedef {object} RoomState
 * @property {string} epoch '' before the first snapshot
 * @property {number} n
 * @property {string} you
 * @property {ReadonlyMap<string, Person>} people
 * @property {ReadonlyMap<string, Track>} tracks
 * @property {readonly string[]} speakers
 *
 * @typedef {{state: RoomState, gap: boolean}} Step `gap`: events are missing, ask for a snapshot
 */

const NUMBERED = new Set([
  'participant_joined',
  'participant_changed',
  'participant_left',
  'track_published',
  'track_muted',
  'track_unpublished',
  'speakers_changed',
]);

/** @type {RoomState} */
export const EMPTY = {
  epoch: '',
  n: 0,
  you: '',
  people: new Map(),
  tracks: new Map(),
  speakers: [],
};

/**
 * @param {{type: string}} message
 * @returns {message is import('../../common/types.js').RoomEvent}
 */
export function isRoomEvent(message) {
  return NUMBERED.has(message.type);
}

/**
 * @param {import('../../common/types.js').RoomStateEvent} event
 * @returns {RoomState}
 */
export function fromSnapshot(event) {
  return {
    epoch: event.epoch,
    n: event.n,
    you: event.you,
    people: new Map(event.people.map((person) => [person.id, person])),
    tracks: new Map(event.tracks.map((track) => [track.id, track])),
    speakers: event.speakers,
  };
}

/**
 * Apply one event. An event that the state already has is dropped. An event whose number does not
 * follow is a gap.
 *
 * @param {RoomState} state
 * @param {import('../../common/types.js').RoomEvent} event
 * @returns {Step}
 */
export function reduce(state, event) {
  if (event.epoch !== state.epoch) return { state, gap: true };
  if (event.n <= state.n) return { state, gap: false };
  if (event.n !== state.n + 1) return { state, gap: true };
  return { state: { ...state, ...change(state, event), n: event.n }, gap: false };
}

/**
 * @param {RoomState} state
 * @param {import('../../common/types.js').RoomEvent} event
 * @returns {Partial<RoomState>}
 */
function change(state, event) {
  switch (event.type) {
    case 'participant_joined':
    case 'participant_changed':
      return { people: new Map(state.people).set(event.person.id, event.person) };
    case 'participant_left':
      return withoutPerson(state, event.participant);
    case 'track_published':
      return { tracks: new Map(state.tracks).set(event.track.id, event.track) };
    case 'track_muted': {
      const track = state.tracks.get(event.track);
      if (!track) return {};
      const { muted } = event;
      return { tracks: new Map(state.tracks).set(track.id, { ...track, muted }) };
    }
    case 'track_unpublished': {
      const tracks = new Map(state.tracks);
      tracks.delete(event.track);
      return { tracks };
    }
    case 'speakers_changed':
      return { speakers: event.speakers };
  }
}

/**
 * @param {RoomState} state
 * @param {string} id
 * @returns {Partial<RoomState>}
 */
function withoutPerson(state, id) {
  const people = new Map(state.people);
  people.delete(id);
  const tracks = new Map([...state.tracks].filter(([, track]) => track.participant !== id));
  return { people, tracks, speakers: state.speakers.filter((speaker) => speaker !== id) };
}

/**
 * A person's track of a source, if it is published.
 *
 * @param {RoomState} state
 * @param {string} participant
 * @param {import('../../common/types.js').Source} source
 * @returns {Track | undefined}
 */
export function trackOf(state, participant, source) {
  return state.tracks.get(`${participant}:${source}`);
}
