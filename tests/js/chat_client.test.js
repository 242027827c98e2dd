import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatClient, newNonce } from '../../static/rooms/room/chat/chat_client.js';

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
    else this.client.line(line);
  }

  settle() {
    while (this.heard.length) this.answer();
  }

  get texts() {
    return this.lines.map(({ text }) => text);
  }
}

/** The server's answer to `chat_since`. */
const answer = (lines, since, { changed = [], from = 0, change = 0, more = false } = {}) => ({
  type: 'chat_lines', since, lines, more, since_change: from, changed, change,
});

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
  assert.deepEqual([...server.client.log.pending.values()].map(({ text }) => text), ['Hello']);
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
  client.lines(answer([], 0));
  client.line({ number: 8, nonce: 'n' });
  assert.deepEqual(asked, Array(2).fill({ type: 'chat_since', number: 0, change: 0 }));
  client.lines(answer([{ number: 8, nonce: 'n' }], 0));
  client.line({ number: 9, nonce: 'm' });
  assert.deepEqual([asked.length, shown], [2, [8, 9]]);
});

/** A page that has lines 1 to 3, and what it sends. */
function three() {
  const sent = [];
  const client = new ChatClient((message) => sent.push(message));
  client.connected(0);
  for (const number of [1, 2, 3]) client.line(stored(number));
  return { client, sent };
}
const stored = (number, more = {}) => ({
  number, nonce: `n${number}`, text: `line ${number}`, change: 0, deleted: false, ...more,
});
const texts = ({ log }) => log.lines.map(({ text }) => text);

test('a change is sent until the line comes back with it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = three();
  client.change(2, 'two');
  client.change(3, null);
  client.change(1, 'line 1'); // as it is
  const asked = [{ type: 'chat_edit', number: 2, text: 'two' }, { type: 'chat_delete', number: 3 }];
  assert.deepEqual(sent.splice(0), asked);
  client.line(stored(3, { text: '', deleted: true, change: 1 }));
  t.mock.timers.tick(8000);
  assert.deepEqual(sent.splice(0), asked.slice(0, 1));
  client.connected(3, 1);
  assert.deepEqual(sent.splice(0), asked.slice(0, 1));
  client.line(stored(2, { text: 'two', change: 2 }));
  t.mock.timers.tick(60_000);
  assert.deepEqual(sent, []);
  assert.deepEqual([texts(client), client.log.change], [['line 1', 'two', ''], 2]);
});

test('a refused change says why, and one that came too fast is sent again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = three();
  const told = [];
  client.on('changed', (lines) => told.push(...lines.map(({ number }) => number)));
  client.change(2, 'two');
  client.changeRefused(2, 'too_fast', 'too fast');
  t.mock.timers.tick(500);
  assert.equal(sent.filter(({ type }) => type === 'chat_edit').length, 2);
  client.changeRefused(2, 'forbidden', 'not yours');
  t.mock.timers.tick(60_000);
  assert.equal(sent.length, 2);
  assert.equal(client.changes.all.get(2).why, 'not yours');
  client.forgetChange(2);
  assert.deepEqual([client.changes.all.size, told], [0, [2, 2, 2, 2]]);
});

test('changes that were missed are asked for after a reconnect, and applied in any order', () => {
  const { client, sent } = three();
  client.line(stored(1, { text: 'newest', change: 3 }));
  client.line(stored(1, { text: 'older', change: 2 }));
  assert.deepEqual([texts(client)[0], client.log.change], ['newest', 0]);
  client.connected(3, 4);
  assert.deepEqual(sent, [{ type: 'chat_since', number: 3, change: 0 }]);
  const changed = [stored(2, { text: 'two', change: 1 }), stored(3, { text: 'x', change: 4 })];
  client.lines(answer([], 3, { changed, change: 4 }));
  assert.deepEqual([texts(client), client.log.change], [['newest', 'two', 'x'], 4]);
});

test('an answer is asked for with the number of the line', () => {
  const { client, sent } = three();
  client.say('yes', 2);
  const [{ nonce, ...message }] = sent;
  assert.deepEqual(message, { type: 'chat', text: 'yes', reply_to: 2 });
  client.refused(nonce, 'bad_message', 'too long');
  assert.deepEqual([...client.log.refused.values()], [{ text: 'yes', reply: 2, why: 'too long' }]);
});

test('everything that one may read is read page by page, beside what comes', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = three();
  const asked = client.all();
  const page = (lines, since, more) => client.lines(answer(lines, since, { from: null, more }));
  assert.deepEqual(sent.splice(0), [{ type: 'chat_since', number: 0, change: null }]);
  page([stored(1), stored(2)], 0, true);
  client.line(stored(4));
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(sent.splice(0), [{ type: 'chat_since', number: 2, change: null }]);
  page([stored(3), stored(4)], 2, false);
  assert.deepEqual((await asked).map(({ number }) => number), [1, 2, 3, 4]);
  assert.equal(client.log.lines.length, 4);
  const lost = client.all();
  t.mock.timers.tick(8000);
  assert.equal(await lost, null);
});
