import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Connection } from '../../static/rooms/media/connection.js';
import { FakePeerConnection, installFakes, settled } from './fakes.js';

beforeEach(() => {
  installFakes();
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

/** A connection that records its offers and failures. */
function connect() {
  const connection = new Connection({ iceServers: [], publish: false, pairs: 1, voices: 0 });
  const seen = { offers: [], unanswered: [], answered: 0, failed: 0 };
  connection.on('offer', (offer) => seen.offers.push(offer));
  connection.on('unanswered', (count) => seen.unanswered.push(count));
  connection.on('answered', () => (seen.answered += 1));
  connection.on('failed', () => (seen.failed += 1));
  return { connection, seen, pc: FakePeerConnection.all.at(-1) };
}

const answer = (connection, { id }) =>
  connection.accept({ type: 'answer', id, sdp: 'answer', ice_session: '' });

/** One that has been answered and is connected. */
async function connected() {
  const made = connect();
  made.connection.negotiate();
  await settled();
  await answer(made.connection, made.seen.offers[0]);
  made.pc.become('connected');
  return made;
}

test('a lost answer leads to another offer, and the connection stays', async () => {
  const { connection, seen, pc } = await connected();
  connection.grow(2, 0);
  await settled();
  assert.equal(seen.offers.length, 2);
  assert.ok(!connection.answered, 'the current offer is open');
  assert.ok(connection.negotiated);
  mock.timers.tick(5000);
  await settled();
  assert.equal(seen.offers.length, 3);
  assert.ok(seen.offers[2].id > seen.offers[1].id);
  await answer(connection, seen.offers[1]);
  assert.equal(connection.pairs.length, 1, 'an answer to an old offer is ignored');
  await answer(connection, seen.offers[2]);
  assert.ok(connection.answered);
  assert.equal(connection.pairs.length, 2);
  connection.grow(3, 0);
  await settled();
  assert.equal(seen.offers.length, 4, 'it grows on');
  assert.deepEqual([pc.closed, seen.failed], [false, 0]);
});

test('unanswered offers come less and less often, and are counted', async () => {
  const { connection, seen } = await connected();
  connection.grow(2, 0);
  await settled();
  for (const pause of [5000, 10_000, 20_000, 30_000, 30_000]) {
    const before = seen.offers.length;
    mock.timers.tick(pause - 1);
    await settled();
    assert.equal(seen.offers.length, before);
    mock.timers.tick(1);
    await settled();
    assert.equal(seen.offers.length, before + 1);
  }
  assert.deepEqual(seen.unanswered, [1, 2, 3, 4, 5]);
});

test('the connection does not wait for an answer that is known to be lost', async () => {
  const { connection, seen } = await connected();
  connection.renew();
  await settled();
  assert.equal(seen.offers.length, 1, 'no offer is open');
  connection.grow(2, 0);
  await settled();
  connection.renew();
  await settled();
  assert.equal(seen.offers.length, 3);
});

test('slots wanted while an offer is open are offered after its answer', async () => {
  const { connection, seen } = await connected();
  connection.grow(2, 0);
  connection.grow(3, 0);
  await settled();
  assert.equal(seen.offers.length, 2);
  await answer(connection, seen.offers[1]);
  await settled();
  assert.equal(seen.offers.length, 3);
});

test('the same answer twice does no harm', async () => {
  const { connection, seen } = connect();
  connection.negotiate();
  await settled();
  await Promise.all([answer(connection, seen.offers[0]), answer(connection, seen.offers[0])]);
  assert.equal(seen.answered, 1);
});

test('a connection that is never answered fails, and asks no more', async () => {
  const { connection, seen, pc } = connect();
  connection.negotiate();
  await settled();
  mock.timers.tick(5000);
  await settled();
  mock.timers.tick(10_000);
  await settled();
  assert.deepEqual([pc.closed, seen.failed], [true, 1]);
  const { length } = seen.offers;
  mock.timers.tick(60_000);
  await settled();
  assert.equal(seen.offers.length, length);
});

test('an offer that the browser cannot make is a failure', async () => {
  const { connection, seen, pc } = await connected();
  mock.method(console, 'warn', () => {});
  pc.refuses = true;
  connection.grow(2, 0);
  await settled();
  assert.equal(seen.failed, 1);
});

test('an unusable answer is a failure, unless the connection is closed', async () => {
  mock.method(console, 'warn', () => {});
  for (const closed of [false, true]) {
    const { connection, seen, pc } = await connected();
    connection.grow(2, 0);
    await settled();
    pc.setRemoteDescription = async () => {
      if (closed) connection.close();
      throw new Error('not an answer');
    };
    await answer(connection, seen.offers[1]);
    assert.deepEqual([pc.closed, seen.failed], [true, closed ? 0 : 1]);
  }
});
