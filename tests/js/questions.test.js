import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Questions } from '../../static/rooms/questions.js';

const link = (address) => ({ type: 'link', link: address, note: '', fresh: false });

test('an answer reaches whoever asked, and another one nobody', async () => {
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

test('an answer that does not come is none', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const questions = new Questions(() => true);
  const asked = questions.ask({ type: 'link' });
  t.mock.timers.tick(5000);
  assert.equal(await asked, null);
});

test('asked once more, the first question has no answer', async () => {
  const questions = new Questions(() => true);
  const first = questions.ask({ type: 'link' });
  const second = questions.ask({ type: 'link' });
  questions.answered(link('https://one'));
  assert.deepEqual([await first, (await second).link], [null, 'https://one']);
});
