import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  EMPTY, fromSnapshot, isRoomEvent, reduce, trackOf,
} from '../../static/rooms/room/state/room_state.js';

const person = (id) => ({ id, name: id.toUpperCase(), role: 'speaker', stream: false });
const track = (participant, source, muted = false) => ({
  id: `${participant}:${source}`, participant, source, kind: 'video', muted, codec: 'VP8',
});
const room = () =>
  fromSnapshot({
    type: 'room_state', room: 'r', epoch: 'e1', n: 7, you: 'a', resumed: false,
    people: [person('a'), person('b')], tracks: [track('b', 'camera')], speakers: ['b'],
  });

test('a person who joins is added', () => {
  const { state, gap } = reduce(
    room(),
    { type: 'participant_joined', epoch: 'e1', n: 8, person: person('c') },
  );
  assert.equal(gap, false);
  assert.deepEqual([...state.people.keys()], ['a', 'b', 'c']);
  assert.equal(state.n, 8);
});

test('a person with another role is still the same person', () => {
  const { state, gap } = reduce(
    room(),
    {
      type: 'participant_changed', epoch: 'e1', n: 8, person: { ...person('b'), role: 'listener' },
    },
  );
  assert.equal(gap, false);
  assert.deepEqual(
    [...state.people.values()].map(({ id, role }) => [id, role]),
    [['a', 'speaker'], ['b', 'listener']],
  );
  assert.ok(trackOf(state, 'b', 'camera'));
});

test('a person who leaves takes their tracks and their voice along', () => {
  const { state } = reduce(
    room(),
    { type: 'participant_left', epoch: 'e1', n: 8, participant: 'b' },
  );
  assert.deepEqual([...state.people.keys()], ['a']);
  assert.equal(state.tracks.size, 0);
  assert.deepEqual(state.speakers, []);
});

test('an event that the snapshot already holds changes nothing', () => {
  const before = room();
  const { state, gap } = reduce(
    before,
    { type: 'participant_left', epoch: 'e1', n: 7, participant: 'b' },
  );
  assert.equal(state, before);
  assert.equal(gap, false);
});

test('a missing number is a gap and changes nothing', () => {
  const before = room();
  const { state, gap } = reduce(
    before,
    { type: 'participant_left', epoch: 'e1', n: 9, participant: 'b' },
  );
  assert.equal(state, before);
  assert.equal(gap, true);
});

test('an event of another epoch is a gap', () => {
  assert.equal(
    reduce(room(), { type: 'participant_left', epoch: 'e2', n: 8, participant: 'b' }).gap,
    true,
  );
  assert.equal(
    reduce(EMPTY, { type: 'participant_left', epoch: 'e1', n: 1, participant: 'b' }).gap,
    true,
  );
});

test('muting and unpublishing change one track', () => {
  let state = room();
  state = reduce(
    state,
    { type: 'track_published', epoch: 'e1', n: 8, track: track('b', 'screen') },
  ).state;
  state = reduce(
    state,
    { type: 'track_muted', epoch: 'e1', n: 9, track: 'b:camera', muted: true },
  ).state;
  assert.equal(trackOf(state, 'b', 'camera')?.muted, true);
  assert.equal(trackOf(state, 'b', 'screen')?.muted, false);
  state = reduce(state, { type: 'track_unpublished', epoch: 'e1', n: 10, track: 'b:camera' }).state;
  assert.equal(trackOf(state, 'b', 'camera'), undefined);
  assert.ok(trackOf(state, 'b', 'screen'));
});

test('muting an unknown track still counts the event', () => {
  const { state, gap } = reduce(
    room(),
    { type: 'track_muted', epoch: 'e1', n: 8, track: 'x:camera', muted: true },
  );
  assert.deepEqual([state.n, state.tracks.size, gap], [8, 1, false]);
});

test('the order of the speakers is replaced', () => {
  const { state } = reduce(
    room(),
    { type: 'speakers_changed', epoch: 'e1', n: 8, speakers: ['a', 'b'] },
  );
  assert.deepEqual(state.speakers, ['a', 'b']);
});

test('only numbered events are room events', () => {
  assert.equal(isRoomEvent({ type: 'speakers_changed' }), true);
  assert.equal(isRoomEvent({ type: 'room_state' }), false);
  assert.equal(isRoomEvent({ type: 'toString' }), false);
});
