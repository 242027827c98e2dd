import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Host } from '../../static/rooms/room/hosts/host.js';
import {
  UNTOUCHED, heard, mustBeOff, seen, started,
} from '../../static/rooms/room/hosts/hosting.js';

const held = (sources, bound = []) => ({ type: 'held', by: 'Ann', sources, bound });
const after = (...messages) => messages.reduce(heard, UNTOUCHED);

test('a source that a host has muted is off until a click', () => {
  const muted = after(held({ microphone: 3 }));
  assert.ok(mustBeOff(muted, 'microphone'));
  assert.ok(!mustBeOff(muted, 'camera'));
  assert.equal(seen(muted, 'microphone'), 0, 'nobody has clicked yet');
  const clicked = started(muted, 'microphone');
  assert.ok(!mustBeOff(clicked, 'microphone'));
  assert.equal(seen(clicked, 'microphone'), 3);
});

test('a later act of a host counts more than the click', () => {
  const clicked = started(after(held({ microphone: 3 })), 'microphone');
  assert.ok(!mustBeOff(heard(clicked, held({ microphone: 3 })), 'microphone'));
  assert.ok(mustBeOff(heard(clicked, held({ microphone: 4 })), 'microphone'));
});

test('after a source was released the next act counts whatever its number is', () => {
  const clicked = started(after(held({ microphone: 9 })), 'microphone');
  const again = heard(heard(clicked, held({})), held({ microphone: 1 }));
  assert.ok(mustBeOff(again, 'microphone'));
});

test('while everyone is muted a click starts no microphone, but a camera', () => {
  const bound = after(held({ microphone: 0 }, ['microphone']));
  assert.ok(mustBeOff(bound, 'microphone'));
  assert.equal(started(bound, 'microphone'), null);
  assert.equal(started(bound, 'camera'), bound);
  // A host asks them to speak.
  const asked = heard(bound, held({ microphone: 2 }));
  assert.ok(mustBeOff(asked, 'microphone'));
  assert.equal(seen(started(asked, 'microphone'), 'microphone'), 2);
});

test('the sound of a screen is held with it', () => {
  const stopped = after(held({ screen: 1 }));
  assert.ok(mustBeOff(stopped, 'screen-audio'));
  assert.equal(seen(started(stopped, 'screen'), 'screen-audio'), 1);
});

test('a welcome says all of it, and one of an older server nothing', () => {
  const settings = { locked: true, mics_held: true, waiting_room: 'guests' };
  const message = { type: 'welcome', held: { sources: { camera: 1 }, bound: [] }, settings };
  const { locked, micsHeld, sources } = after(message);
  assert.deepEqual([locked, micsHeld, [...sources]], [true, true, [['camera', 1]]]);
  assert.deepEqual(after({ type: 'welcome' }), UNTOUCHED);
});

/** The devices of a page, and a Host with what it says. */
function page(...sources) {
  const on = new Set(sources);
  const listeners = [];
  const change = (source) => async (value) => {
    if (value) on.add(source);
    else on.delete(source);
    listeners.forEach((listener) => listener());
  };
  const local = {
    on: (_, listener) => listeners.push(listener),
    isOn: (source) => on.has(source),
    setMicrophone: change('microphone'),
    setCamera: change('camera'),
    setScreen: change('screen'),
  };
  const sent = [];
  const host = new Host(local, (message) => Boolean(sent.push(message)));
  const said = [];
  host.on('held', (event) => said.push(event));
  return { on, local, host, said, sent };
}

test('what a host turns off is off at once, and said once', () => {
  const { on, host, said } = page('microphone', 'camera', 'screen');
  host.hear(held({ microphone: 1, camera: 2 }));
  assert.deepEqual([...on], ['screen']);
  assert.deepEqual(said, [{ sources: ['microphone', 'camera'], bound: false, by: 'Ann' }]);
  host.hear(held({ microphone: 1, camera: 2 }));
  assert.equal(said.length, 1);
});

test('nothing but a click turns it on again, whatever else starts the device', async () => {
  const { on, local, host } = page('microphone');
  host.hear(held({ microphone: 1 }));
  await local.setMicrophone(true);
  assert.ok(!on.has('microphone'));
  host.hear({ type: 'welcome', held: { sources: { microphone: 1 }, bound: [] } });
  await local.setMicrophone(true);
  assert.ok(!on.has('microphone'), 'a new socket is no click');
  assert.ok(host.start('microphone'));
  await local.setMicrophone(true);
  host.hear({ type: 'welcome', held: { sources: { microphone: 1 }, bound: [] } });
  assert.ok(on.has('microphone'));
});

test('people who are muted already hear that everyone is', () => {
  const { host, said } = page();
  host.hear(held({ microphone: 1 }));
  assert.deepEqual(said, []);
  host.hear(held({ microphone: 1 }, ['microphone']));
  assert.deepEqual(said, [{ sources: [], bound: true, by: 'Ann' }]);
  let freed = 0;
  host.on('freed', () => (freed += 1));
  host.hear(held({ microphone: 1 }));
  assert.equal(freed, 1);
});

test('a room is said to be locked or unlocked only when that changes', () => {
  const { host } = page();
  const said = [];
  host.on('locked', (locked) => said.push(locked));
  const settings = { type: 'room_settings', locked: false, mics_held: true, waiting_room: '' };
  host.hear(settings);
  host.hear({ ...settings, locked: true });
  host.hear({ ...settings, locked: true, mics_held: false });
  assert.deepEqual(said, [true]);
});

test('each person who begins to wait is announced once', () => {
  const { host } = page();
  const names = [];
  host.on('waiting', ({ name }) => names.push(name));
  const list = (...people) =>
    ({ type: 'waiting_list', people: people.map((name) => ({ participant: name, name })) });
  host.hear(list('Ben'));
  host.hear(list('Ben', 'Cleo'));
  host.hear({ type: 'welcome' });
  assert.deepEqual(host.hosting.waiting, []);
  host.hear(list('Ben', 'Cleo'));
  host.hear(list('Cleo'));
  host.hear(list('Ben', 'Cleo'));
  assert.deepEqual(names, ['Ben', 'Cleo', 'Ben']);
});

test('an act is one message', () => {
  const { host, sent } = page();
  host.hold('p2', 'camera');
  host.admit();
  host.admit('p3');
  host.muteAll(true);
  assert.deepEqual(sent, [
    { type: 'hold', participant: 'p2', source: 'camera' },
    { type: 'admit' },
    { type: 'admit', participant: 'p3' },
    { type: 'mute_all', keep: true },
  ]);
});
