import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  focusIndex, initials, mayRemove, tileModels, wishes,
} from '../../static/rooms/room/people.js';
import { fromSnapshot } from '../../static/rooms/room/state/room_state.js';

const person = (id) => ({ id, name: `Name ${id}`, role: 'speaker', stream: false });
const signedIn = (link, photo) => {
  const state = room([]);
  return tileModels(
    { ...state, people: new Map([['a', { ...person('a'), link, photo }]]) },
    NOTHING,
  )[0];
};
const track = (participant, source, muted = false) => ({
  id: `${participant}:${source}`, participant, source, kind: '', muted, codec: '',
});
const room = (tracks, speakers = []) =>
  fromSnapshot({
    type: 'room_state', room: 'r', epoch: 'e', n: 1, you: 'me', resumed: true,
    people: [person('me'), person('a'), person('b')], tracks, speakers,
  });
const NOTHING = { microphone: false, camera: false, screen: false };

test('a tile links to nothing but web addresses, and loads photos of this site only', () => {
  const good = signedIn('https://ann.example/', '/media/photos/a.webp');
  assert.deepEqual([good.link, good.photo], ['https://ann.example/', '/media/photos/a.webp']);
  for (const bad of ['javascript:alert(1)', ' https://a.example', 'https://', 'data:,', undefined])
    assert.equal(signedIn(bad, '').link, '');
  for (const bad of ['https://b.example/a.webp', '//b.example/a', '/\\b.example/a', undefined])
    assert.equal(signedIn('', bad).photo, '');
});

test('oneself is last, and a screen is before its owner', () => {
  const tiles = tileModels(room([track('b', 'screen'), track('a', 'screen', true)]), NOTHING);
  assert.deepEqual(tiles.map(({ key }) => key), ['a', 'b:screen', 'b', 'me']);
});

test('one’s own tracks are known without the server', () => {
  const [, , screen, me] = tileModels(
    room([track('me', 'camera')]),
    { microphone: true, camera: false, screen: true },
  );
  assert.deepEqual([screen.key, me.camera, me.muted], ['me:screen', false, false]);
});

test('a muted microphone is shown, and its person does not speak', () => {
  const [a, b] = tileModels(
    room([track('a', 'microphone', true), track('b', 'microphone')], ['a', 'b']),
    NOTHING,
  );
  assert.deepEqual([a.muted, a.speaking, b.muted, b.speaking], [true, false, false, true]);
});

test('raised hands are numbered in their order', () => {
  const state = room([]);
  const hands = { me: 9, a: 12, b: 0 };
  const people = [...state.people].map(([id, each]) => [id, { ...each, hand: hands[id] }]);
  const tiles = tileModels({ ...state, people: new Map(people) }, NOTHING);
  assert.deepEqual(tiles.map(({ key, hand }) => `${key} ${hand}`), ['a 2', 'b 0', 'me 1']);
});

test('the pinned tile is large, else someone else’s screen, else none', () => {
  const shared = tileModels(room([track('b', 'screen')]), { ...NOTHING, screen: true });
  assert.equal(shared[focusIndex(shared, '')].key, 'b:screen');
  assert.equal(shared[focusIndex(shared, 'a')].key, 'a');
  const quiet = tileModels(room([]), NOTHING);
  assert.equal(focusIndex(quiet, ''), -1);
});

test('wishes name published tracks, the pinned tile first, and never oneself', () => {
  const state = room([
    track('a', 'microphone'),
    track('a', 'camera'),
    track('b', 'screen'),
    track('b', 'screen-audio'),
  ]);
  const wanted = wishes(state, tileModels(state, NOTHING), (key) => (key === 'a' ? 700 : 100), 'a');
  assert.deepEqual(wanted.map(({ key, audio, video, height }) => [key, audio, video, height]), [
    ['a', 'a:microphone', 'a:camera', 700],
    ['b:screen', 'b:screen-audio', 'b:screen', 100],
    ['b', null, null, 100],
  ]);
});

test('a hidden tile wants only its sound', () => {
  const state = room([track('a', 'microphone'), track('a', 'camera')]);
  const [a] = wishes(state, tileModels(state, NOTHING), () => 0, '');
  assert.deepEqual([a.audio, a.video], ['a:microphone', null]);
});

test('whoever is on another page comes after those who are shown, unless they speak', () => {
  const tracks = [track('a', 'microphone'), track('b', 'microphone')];
  const order = (speakers) => {
    const state = room(tracks, speakers);
    const height = (key) => (key === 'b' ? 200 : 0);
    return wishes(state, tileModels(state, NOTHING), height, '').map(({ key }) => key);
  };
  assert.deepEqual(order([]), ['b', 'a']);
  assert.deepEqual(order(['a']), ['a', 'b']);
});

test('initials are one or two letters of any script', () => {
  assert.deepEqual(
    ['ada lovelace', 'Linus', '  Jean  Luc Picard ', '李 飞飞', ''].map(initials),
    ['AL', 'L', 'JP', '李飞', ''],
  );
});

test('the rule of who may remove whom is the server’s', () => {
  const roles = ['owner', 'moderator', 'speaker', 'listener'];
  const may = (role, stream) => roles.map((other) => mayRemove(role, { role: other, stream }));
  assert.deepEqual(may('owner', false), [false, true, true, true]);
  assert.deepEqual(may('owner', true), [true, true, true, true]);
  assert.deepEqual(may('moderator', false), [false, false, true, true]);
  assert.deepEqual(may('moderator', true), [false, false, true, true]);
  for (const role of ['speaker', 'listener', '']) {
    assert.deepEqual(may(role, false).concat(may(role, true)).includes(true), false);
  }
});

test('an owner may remove others, never oneself, and no one before the room is known', () => {
  const of = (role) => {
    const state = room([]);
    const people = new Map(
      [...state.people].map(([id, who]) => [id, id === 'me' ? { ...who, role } : who]),
    );
    return tileModels({ ...state, people }, NOTHING).map(({ removable }) => removable);
  };
  assert.deepEqual(of('owner'), [true, true, false]);
  assert.deepEqual(of('speaker'), [false, false, false]);
  assert.deepEqual(
    tileModels({ ...room([]), you: '' }, NOTHING).map(({ removable }) => removable),
    [false, false, false],
  );
});
