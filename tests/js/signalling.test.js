import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Signalling } from '../../static/rooms/room/signalling.js';
import { FakeSocket, installFakes } from './fakes.js';

const MINUTES = 60_000;

/** Listeners of the page, of which the tests need `online` and `offline`. */
let listeners = new Map();

beforeEach(() => {
  installFakes();
  listeners = new Map();
  globalThis.addEventListener = (name, listener) => listeners.set(name, listener);
  globalThis.removeEventListener = (name) => listeners.delete(name);
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  mock.method(Math, 'random', () => 1);
});

const socket = () => FakeSocket.all.at(-1);
const sockets = () => FakeSocket.all.length;

/** Let the latest socket in. */
function welcome(resume = 'again') {
  socket().open();
  socket().tell({ type: 'welcome', participant: 'p1', resume, role: 'speaker', publish: true });
}

/** A page that asks to join; `seen` is what it hears of. */
function joining() {
  const signalling = new Signalling('ws://here', 'first pass');
  const seen = { messages: [], lost: 0, ended: [] };
  signalling.on('message', ({ type }) => seen.messages.push(type));
  signalling.on('lost', () => (seen.lost += 1));
  signalling.on('ended', (end) => seen.ended.push(end));
  signalling.join('Ann');
  return { signalling, seen };
}

function joined() {
  const made = joining();
  welcome();
  return made;
}

test('a socket begins with the pass, the name and nothing to resume', () => {
  joining();
  assert.deepEqual(socket().sent, []);
  socket().open();
  const join = { type: 'join', pass: 'first pass', name: 'Ann', resume: null, socket: 1 };
  assert.deepEqual(socket().sent, [join]);
});

test('nothing is sent before the welcome, and nothing is kept for later', () => {
  const { signalling } = joining();
  socket().open();
  signalling.send({ type: 'offer' });
  assert.ok(!signalling.connected);
  welcome();
  assert.ok(signalling.connected);
  signalling.send({ type: 'mute' });
  socket().onclose({ code: 1006 });
  signalling.send({ type: 'slots' });
  mock.timers.tick(500);
  welcome();
  assert.deepEqual(FakeSocket.all.flatMap(({ sent }) => sent.map(({ type }) => type)), [
    'join', 'join', 'mute', 'join',
  ]);
});

test('a lost socket is replaced by one that resumes, with the newest pass', () => {
  const { seen } = joined();
  socket().tell({ type: 'pass', pass: 'second pass', resume: 'newer' });
  socket().onclose({ code: 1006 });
  assert.deepEqual([seen.lost, sockets()], [1, 1]);
  mock.timers.tick(500);
  socket().open();
  const again = { resume: 'newer', socket: 2 }; // an earlier socket may look alive to the server
  const join = { type: 'join', pass: 'second pass', name: 'Ann', ...again };
  assert.deepEqual(socket().sent, [join]);
});

test('waiting for a server that is away gets longer, and starts over after a welcome', () => {
  joined();
  for (const pause of [500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    const before = sockets();
    socket().onclose({ code: 1006 });
    mock.timers.tick(pause - 1);
    assert.equal(sockets(), before);
    mock.timers.tick(1);
    assert.equal(sockets(), before + 1);
  }
  welcome();
  socket().onclose({ code: 1006 });
  const before = sockets();
  mock.timers.tick(500);
  assert.equal(sockets(), before + 1);
});

test('a page that is online again does not wait, and opens one socket', () => {
  joined();
  const online = listeners.get('online');
  online();
  assert.equal(sockets(), 1, 'the socket that there is stays');
  socket().onclose({ code: 1006 });
  online();
  online();
  assert.equal(sockets(), 2);
  mock.timers.tick(9999);
  assert.equal(sockets(), 2, 'the wait is over');
});

test('a page that is offline says so at once, and tries another socket', () => {
  const { seen } = joined();
  welcome();
  listeners.get('offline')();
  assert.equal(seen.lost, 1);
  mock.timers.tick(500);
  assert.equal(sockets(), 2);
});

for (const code of [1000, 4401, 4403]) {
  test(`a socket that is closed with ${code} is the last, and says why`, () => {
    const { seen } = joined();
    socket().tell({ type: 'error', code: 'refused:removed', message: 'You were removed.' });
    socket().onclose({ code });
    mock.timers.tick(10 * MINUTES);
    const end = { code, reason: 'refused:removed', message: 'You were removed.' };
    assert.deepEqual([seen.ended, seen.lost, sockets()], [[end], 0, 1]);
    assert.ok(!listeners.has('online') && !listeners.has('offline'));
  });
}

test('an error of an earlier socket is not why a later one ends', () => {
  const { seen } = joined();
  socket().tell({ type: 'error', code: 'too_fast', message: 'Slower.' });
  socket().onclose({ code: 1006 });
  mock.timers.tick(500);
  socket().onclose({ code: 4403 });
  assert.deepEqual(seen.ended, [{ code: 4403, reason: '', message: '' }]);
});

test('a server that opens no socket is left after ten seconds', () => {
  const { seen } = joining();
  mock.timers.tick(10_000);
  assert.equal(seen.lost, 1);
  mock.timers.tick(500);
  assert.equal(sockets(), 2);
});

test('a server that neither welcomes nor closes is left later than it gives up itself', () => {
  const { seen } = joining();
  const first = socket();
  mock.timers.tick(9_999);
  first.open();
  mock.timers.tick(14_999);
  assert.deepEqual([sockets(), seen.lost], [1, 0]);
  mock.timers.tick(1);
  assert.deepEqual([first.readyState, seen.lost], [2, 1]);
  mock.timers.tick(500);
  assert.equal(sockets(), 2);
});

test('an abandoned socket is not heard any more', () => {
  const { signalling, seen } = joined();
  const old = socket();
  signalling.reopen();
  mock.timers.tick(500);
  welcome();
  old.tell({ type: 'role' });
  assert.deepEqual([old.onmessage, old.onclose], [null, null]);
  assert.deepEqual(seen.messages, ['welcome', 'welcome']);
  assert.ok(signalling.connected);
});

test('a socket that is away cannot be abandoned', () => {
  const { signalling, seen } = joined();
  socket().onclose({ code: 1006 });
  signalling.reopen();
  assert.equal(seen.lost, 1);
  mock.timers.tick(500);
  assert.equal(sockets(), 2);
});

test('the pass is renewed every five minutes, once, however often the socket came back', () => {
  joined();
  for (let i = 0; i < 3; i += 1) {
    socket().onclose({ code: 1006 });
    mock.timers.tick(500);
    welcome();
  }
  mock.timers.tick(5 * MINUTES);
  assert.equal(socket().of('renew').length, 1);
  socket().tell({ type: 'pass', pass: 'second pass', resume: 'newer' });
  mock.timers.tick(4 * MINUTES);
  assert.equal(socket().of('renew').length, 1, 'it was answered');
});

test('a page that leaves says so and does not come back', () => {
  const { signalling, seen } = joined();
  signalling.leave();
  assert.equal(socket().of('leave').length, 1);
  socket().tell({ type: 'room_state' });
  socket().onclose({ code: 1000 });
  mock.timers.tick(10 * MINUTES);
  assert.deepEqual([seen.messages, seen.ended, seen.lost], [['welcome'], [], 0]);
  assert.equal(sockets(), 1);
});

test('a page that leaves while its socket is away does not come back either', () => {
  const { signalling } = joined();
  socket().onclose({ code: 1006 });
  signalling.leave();
  mock.timers.tick(10 * MINUTES);
  assert.equal(sockets(), 1);
});
