import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Questions } from '../../static/rooms/room/questions.js';

const link = (address) => ({ type: 'link', link: address, note: '', fresh: false });

test('an answer reaches its question, and a second one is ignored', async () => {
  const sent = [];
  const questions = new Questions((message) => sent.push(message) > 0);
  const asked = questions.ask({ type: 'link' });
  questions.answered({ type: 'link_of', participant: 'a', state: 'open', others: [], more: 0 });
  questions.answered(link('https://one'));
  questions.answered(link('https://two'));
  assert.equal((await asked).link, 'https://one');
  assert.deepEqual(sent, [{ type: 'link' }]);
});

test('without a socket, or when it is lost, there is no answer', async () => {
  assert.equal(await new Questions(() => false).ask({ type: 'link' }), null);
  const questions = new Questions(() => true);
  const asked = questions.ask({ type: 'link' });
  questions.lost();
  assert.equal(await asked, null);
});

test('a question without an answer ends with none', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const questions = new Questions(() => true);
  const asked = questions.ask({ type: 'link' });
  t.mock.timers.tick(5000);
  assert.equal(await asked, null);
});

test('a question repeated before its answer is sent once, and both get the answer', async () => {
  const sent = [];
  const questions = new Questions((message) => sent.push(message) > 0);
  const both = [questions.ask({ type: 'link' }), questions.ask({ type: 'link' })];
  questions.answered(link('https://one'));
  assert.deepEqual(
    (await Promise.all(both)).map((answer) => answer?.link),
    ['https://one', 'https://one'],
  );
  const later = questions.ask({ type: 'link' });
  questions.answered(link('https://two'));
  assert.equal((await later).link, 'https://two', 'an old answer is not given again');
  assert.equal(sent.length, 2);
});

test('an answer about one person does not answer a question about another', async () => {
  const of = (participant) => ({
    type: 'link_of', participant, state: 'open', others: [], more: 0,
  });
  const questions = new Questions(() => true);
  const asked = ['a', 'b'].map((participant) => questions.ask({ type: 'link_of', participant }));
  for (const participant of ['a', 'b']) questions.answered(of(participant));
  assert.deepEqual((await Promise.all(asked)).map((answer) => answer?.participant), ['a', 'b']);
});
