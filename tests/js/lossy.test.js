import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Call } from '../../static/rooms/room/call.js';
import { FakePeerConnection, installClock, installFakes, wait } from './fakes.js';
import { dice, World } from './lossy.js';

const WISHES = ['p2', 'p3'].map((id) => ({
  key: id, audio: `${id}:microphone`, video: `${id}:camera`, height: 360, priority: 1,
}));

/** Devices of which only the microphone is used. */
class Microphone {
  on(_name, listener) {
    this._listener = listener;
  }

  isOn(source) {
    return source === 'microphone' && this._on;
  }

  _on = true;

  switch(on) {
    this._on = on;
    this._listener('microphone');
  }

  track = () => null;
  sent = () => null;
  mode = () => 'auto';
  stop() {}
}

/** One after the other, what may happen to a page. */
const HAPPENINGS = [
  ({ world }) => world.move(),
  ({ world }) => world.alarm(),
  ({ world }) => world.cut(),
  ({ local, random }) => local.switch(random() < 0.5),
  ({ local, random }) => local.switch(random() < 0.5),
  ({ call, random }) => call.subscriptions.want(WISHES.filter(() => random() < 0.7)),
  ({ call }) => call.subscriptions.want(WISHES.map((wish) => ({ ...wish, height: 720 }))),
  () => FakePeerConnection.all.filter(({ closed }) => !closed).at(-1)?.become('failed'),
];

async function live(world, milliseconds) {
  for (let left = milliseconds; left > 0; left -= 100) {
    world.turn();
    await wait(100);
  }
}

/** A page in a storm that ends; what it is like when all has been quiet for two minutes. */
async function storm(seed) {
  installFakes();
  installClock();
  const random = dice(seed);
  mock.method(Math, 'random', random);
  mock.method(console, 'warn', () => {});
  const local = new Microphone();
  const config = { ws: '', pass: 'a', role: 'speaker', publish: true, ice_servers: [] };
  const call = new Call({ ...config, max_bitrate: 1 }, local);
  const world = new World(random);
  call.join('Ann');
  call.subscriptions.want(WISHES);
  for (let i = 0; i < 25; i += 1) {
    await live(world, random() * 4000);
    HAPPENINGS[Math.floor(random() * HAPPENINGS.length)]({ world, local, call, random });
  }
  world.stormy = false;
  await live(world, 120_000);
  return { call, world, local };
}

for (let seed = 1; seed <= 20; seed += 1) {
  test(`after storm ${seed} page and worker agree`, async () => {
    const { call, world, local } = await storm(seed);
    const { worker } = world;
    const open = FakePeerConnection.all.filter(({ closed }) => !closed);
    assert.equal(open.length, 1, 'one connection is left');
    const [link] = call._media._links;
    assert.deepEqual([link.epoch, link.connected], [worker.epoch, true]);
    assert.equal(call._condition, '');
    assert.deepEqual([...call.room.people.keys()].sort(), ['p1', 'p2', 'p3']);
    assert.deepEqual(call.room.tracks, worker.tracks);
    assert.equal(worker.tracks.get('p1:microphone').muted, !local.isOn('microphone'));
    for (const wish of call.subscriptions.wishes) {
      const { audio, video, live } = call.subscriptions.arriving(wish);
      assert.ok(live, 'it is shown');
      for (const [track, id] of [[audio, wish.audio], [video, wish.video]]) {
        const { mid } = open[0].transceivers.find(({ receiver }) => receiver.track === track);
        const request = worker.slots.get(mid);
        assert.equal(request.track, id);
        if (id === wish.video) assert.equal(request.height, wish.height);
      }
    }
    const used = [...worker.slots.values()].filter(({ track }) => track !== null);
    assert.equal(used.length, 2 * call.subscriptions.wishes.length, 'no slot is filled in vain');
    call.leave();
  });
}
