import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actsFor, mayChange, mayHold, roster } from '../../static/rooms/room/roster.js';

const ROLES = ['owner', 'moderator', 'speaker', 'listener'];
const NOTHING = { microphone: false, camera: false, screen: false };

const room = (people, tracks = []) => ({
  you: 'me',
  people: new Map(people.map((person) => [person.id, { name: person.id, ...person }])),
  tracks: new Map(tracks.map(([id, source]) => [`${id}:${source}`, { muted: false }])),
  speakers: [],
});

const entry = (fields) => ({
  role: 'speaker', muted: false, camera: true, screen: false, hand: 0, stream: false,
  unnamed: false, ...fields,
});
const acts = (role, fields) => actsFor(role, entry(fields))
  .map(({ key, enabled }) => (enabled ? key : `(${key})`)).join(' ');

test('raised hands come first in their order, then oneself, then the others', () => {
  const people = [
    { id: 'ben' }, { id: 'cleo', hand: 7 }, { id: 'dan', hand: 4 }, { id: 'me' }, { id: 'eve' },
  ];
  const list = roster(room(people), NOTHING);
  assert.deepEqual(
    list.map(({ id, hand }) => `${id} ${hand}`),
    ['dan 1', 'cleo 2', 'me 0', 'ben 0', 'eve 0'],
  );
});

test('an entry says what someone sends, and a share is no entry of its own', () => {
  const tracks = [['ben', 'microphone'], ['ben', 'screen']];
  const [me, ben] = roster(room([{ id: 'ben', role: 'speaker' }, { id: 'me' }], tracks), {
    ...NOTHING, camera: true,
  });
  assert.deepEqual([me.own, me.muted, me.camera], [true, true, true]);
  assert.deepEqual([ben.muted, ben.camera, ben.screen], [false, false, true]);
});

test('muting, stopping the camera and removing are always there, unmuting never', () => {
  for (const role of ROLES.slice(0, 2)) {
    for (const of of ROLES) {
      for (const muted of [true, false]) {
        const words = acts(role, { role: of, muted, camera: !muted, screen: true, hand: 1 });
        for (const key of ['mute', 'stop_camera', 'remove']) assert.match(words, RegExp(key));
        assert.doesNotMatch(words, /unmute/);
      }
    }
  }
});

test('a host sees what they may do now', () => {
  assert.equal(acts('owner', {}), 'mute stop_camera moderator listener remove');
  assert.equal(acts('moderator', {}), 'mute stop_camera listener remove');
  assert.equal(
    acts('moderator', { muted: true, camera: false, screen: true, hand: 2, unnamed: true }),
    '(mute) (stop_camera) stop_screen ask lower_hand listener rename remove',
  );
  assert.equal(acts('moderator', { role: 'moderator' }), 'mute stop_camera (remove)');
  assert.equal(acts('moderator', { role: 'owner', hand: 1 }),
    '(mute) (stop_camera) (lower_hand) (remove)');
  assert.equal(acts('owner', { role: 'owner' }), 'mute stop_camera (remove)');
  assert.equal(acts('owner', { role: 'listener', muted: true, camera: false }),
    '(mute) (stop_camera) moderator speaker remove');
  assert.equal(acts('owner', { stream: true, muted: true, unnamed: true }),
    '(mute) stop_camera remove');
});

test('the rules are those of rooms/roles.py', () => {
  for (const other of ROLES) {
    assert.ok(mayHold('owner', { role: other }));
    assert.equal(mayHold('moderator', { role: other }), other !== 'owner');
    assert.ok(!mayHold('speaker', { role: other }));
    assert.ok(!mayChange('owner', { role: other }, 'owner'));
    assert.ok(!mayChange('speaker', { role: other }, 'listener'));
  }
  assert.ok(mayChange('owner', { role: 'moderator' }, 'listener'));
  assert.ok(!mayChange('moderator', { role: 'moderator' }, 'listener'));
  assert.ok(!mayChange('owner', { role: 'owner' }, 'listener'));
});
