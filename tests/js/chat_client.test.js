import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient, newNonce } from '../../static/rooms/room/chat_client.js';

/** The server's side: a rate limit, and a record in which a nonce counts once. */
class Server {
  constructor({ burst = 1000 } = {}) {
    this.tokens = burst;
    this.lines = [];
    this.heard = [];
    this.away = false;
    this.locked = false;
    this.lostAnswers = 0;
    this.client = new ChatClient((message) => !this.away && this.heard.push(message));
    this.client.connected(0);
  }

  /** Answer all lines in order. */
  answer() {
    for (const { type, nonce, text } of this.heard.splice(0)) {
      if (type !== 'chat') continue;
      if (text.length > 2000) this.client.refused(nonce, 'bad_message', 'too long');
      else if (this.locked) this.client.refused(nonce, 'busy', 'try again');
      else if (this.tokens < 1) this.client.refused(nonce, 'too_fast', 'too fast');
      else this._keep(nonce, text);
    }
  }

  _keep(nonce, text) {
    this.tokens -= 1;
    const known = this.lines.find((line) => line.nonce === nonce);
    const number = this.lines.length + 1;
    const line = known ?? { number, nonce, participant: 'p', name: 'Ann', text, sent: '' };
    if (!known) this.lines.push(line);
    if (this.lostAnswers > 0) this.lostAnswers -= 1;
    else this.client.receive([line], false);
  }

  settle() {
    while (this.heard.length) this.answer();
  }

  get texts() {
    return this.lines.map(({ text }) => text);
  }
}

const thirty = Array.from({ length: 30 }, (_, n) => `line ${n}`);

test('a nonce needs no https', (t) => {
  t.mock.method(crypto, 'randomUUID', () => assert.fail('only in secure contexts'));
  assert.match(newNonce(), /^[0-9a-f]{32}$/);
  assert.notEqual(newNonce(), newNonce());
});

test('thirty lines at once arrive once and in order, as fast as the server accepts them', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server({ burst: 20 });
  for (const text of thirty) server.client.say(text);
  for (let second = 0; second < 10; second += 1) {
    server.settle();
    t.mock.timers.tick(1000);
    server.tokens += 5;
  }
  server.settle();
  assert.deepEqual(server.texts, thirty);
  assert.equal(server.client.log.pending.size, 0);
  assert.deepEqual(server.client.log.lines.map(({ text }) => text), thirty);
});

test('a refused line is not sent again, and the lines behind it are sent', () => {
  const server = new Server();
  for (const text of ['one', 'x'.repeat(2001), 'two']) server.client.say(text);
  server.settle();
  assert.deepEqual(server.texts, ['one', 'two']);
  const { pending, refused } = server.client.log;
  assert.deepEqual([pending.size, [...refused.values()][0].why], [0, 'too long']);
  server.client.connected(2);
  assert.deepEqual(server.heard.filter(({ type }) => type === 'chat'), []);
  server.client.forget([...refused.keys()][0]);
  assert.equal(server.client.log.refused.size, 0);
});

test('a line whose answer was lost is sent again with the same nonce', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server();
  server.lostAnswers = 1;
  server.client.say('one');
  server.client.say('two');
  server.settle();
  assert.equal(server.client.log.pending.size, 2);
  t.mock.timers.tick(10_000);
  server.settle();
  assert.deepEqual([server.texts, server.client.log.pending.size], [['one', 'two'], 0]);
});

test('lines written while the socket was away are sent once and in order when it is back', () => {
  const server = new Server();
  server.lostAnswers = 1;
  server.client.say('one');
  server.settle();
  server.away = true;
  server.client.say('two');
  server.away = false;
  server.client.connected(1);
  server.settle();
  assert.deepEqual(server.texts, ['one', 'two']);
  assert.equal(server.client.log.pending.size, 0);
});

test('lines that cannot be sent do not pile up without limit', () => {
  const server = new Server();
  server.away = true;
  const taken = Array.from({ length: 150 }, () => server.client.say('hello'));
  assert.equal(taken.filter(Boolean).length, 100);
  server.client.close();
});

test('a line waits while the database is busy, and nobody has to send it again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const server = new Server();
  server.locked = true;
  server.client.say('Hello');
  server.answer();
  assert.deepEqual([...server.client.log.pending.values()], ['Hello']);
  assert.equal(server.client.log.refused.size, 0);
  server.locked = false;
  t.mock.timers.tick(2000);
  server.settle();
  assert.deepEqual(server.texts, ['Hello']);
  assert.equal(server.client.log.pending.size, 0);
});

test('a record whose lines were all deleted asks once, and goes on with the next line', () => {
  const asked = [];
  const client = new ChatClient((message) => asked.push(message));
  const shown = [];
  client.on('lines', (lines) => shown.push(...lines.map(({ number }) => number)));
  client.connected(7);
  client.receive([], false, 0);
  client.receive([{ number: 8, nonce: 'n' }], false);
  assert.deepEqual(asked, Array(2).fill({ type: 'chat_since', number: 0 }));
  client.receive([{ number: 8, nonce: 'n' }], false, 0);
  client.receive([{ number: 9, nonce: 'm' }], false);
  assert.deepEqual([asked.length, shown], [2, [8, 9]]);
});
