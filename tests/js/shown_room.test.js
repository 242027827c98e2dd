import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EMPTY } from '../../static/rooms/room/state/room_state.js';
import { EXPECTED_FOR, ShownRoom } from '../../static/rooms/room/state/shown_room.js';

const person = (id) => [id, { id, name: id, role: 'guest', stream: false }];
const track = (participant, source = 'camera', muted = false) => [
  `${participant}:${source}`, { id: `${participant}:${source}`, participant, source, muted },
];
const room = (epoch, people, tracks = []) => ({
  ...EMPTY, epoch, you: 'me', people: new Map(people.map(person)), tracks: new Map(tracks),
});
const names = ({ people }) => [...people.keys()].join(' ');
const sent = ({ tracks }) => [...tracks.keys()].join(' ');

const FULL = room('e1', ['a', 'me', 'b'], [track('a'), track('b'), track('me')]);

/** The room was full, and its new worker knows only this page. */
function moved() {
  const shown = new ShownRoom(EMPTY);
  shown.take(FULL, 0);
  return { shown, after: shown.take(room('e2', ['me']), 1000) };
}

test('in one epoch the server is right at once', () => {
  const shown = new ShownRoom(EMPTY);
  assert.equal(names(shown.take(FULL, 0)), 'a me b');
  assert.equal(names(shown.take(room('e1', ['a', 'me']), 1)), 'a me');
  assert.equal(shown.until, Infinity);
});

test('after a move everyone stays in their place with what they send', () => {
  const { shown, after } = moved();
  assert.deepEqual([names(after), sent(after)], ['a me b', 'a:camera b:camera']);
  assert.equal(after.epoch, 'e2');
  assert.equal(shown.until, 1000 + EXPECTED_FOR);
});

test('whoever arrives keeps their place, and sends what the new worker says', () => {
  const { shown } = moved();
  const after = shown.take(room('e2', ['me', 'b', 'c'], [track('b', 'camera', true)]), 2000);
  assert.equal(names(after), 'a me b c');
  assert.ok(after.tracks.get('b:camera').muted);
  assert.ok(!after.tracks.get('a:camera').muted);
});

test('whoever has arrived and leaves is gone at once, with everything', () => {
  const { shown } = moved();
  shown.take(room('e2', ['me', 'b']), 2000);
  const after = shown.take(room('e2', ['me']), 2001);
  assert.deepEqual([names(after), sent(after)], ['a me', 'a:camera']);
});

test('a track that the new worker has named and that ends is gone', () => {
  const { shown } = moved();
  shown.take(room('e2', ['me', 'b'], [track('b')]), 2000);
  assert.equal(sent(shown.take(room('e2', ['me', 'b']), 2001)), 'a:camera');
});

test('whoever does not arrive in time has left', () => {
  const { shown } = moved();
  const after = shown.take(room('e2', ['me', 'b']), 1000 + EXPECTED_FOR);
  assert.deepEqual([names(after), sent(after)], ['me b', '']);
  assert.equal(shown.until, Infinity);
});

test('a second move does not forget whom the first one has not brought yet', () => {
  const { shown } = moved();
  assert.equal(names(shown.take(room('e3', ['me']), 2000)), 'a me b');
});

test('someone who comes back as another participant is not shown twice', () => {
  const { shown } = moved();
  const again = { ...room('e3', ['new']), you: 'new' };
  assert.equal(names(shown.take(again, 2000)), 'a b new');
});
