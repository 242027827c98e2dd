import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { useTexts } from '../../static/rooms/common/texts.js';
import { Notice } from '../../static/rooms/ui/notice.js';

const TEXTS = {
  'connection.moving': 'It moves.', 'connection.media': 'It was interrupted.',
  'connection.moved': 'It has moved.', 'connection.back': 'It is back.',
};

let notice;
let announced;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  announced = [];
  globalThis.HTMLElement = class {
    textContent = '';
    childElementCount = 0;
    append = ({ textContent }) => announced.push(textContent);
  };
  const elements = { notice: new HTMLElement(), announcer: new HTMLElement() };
  globalThis.document = {
    getElementById: (id) => elements[id],
    createElement: () => new HTMLElement(),
  };
  useTexts(TEXTS);
  notice = new Notice();
  notice.words = () => elements.notice.textContent;
});

test('what is over within a second needs no words', () => {
  notice.show('moving');
  mock.timers.tick(900);
  notice.show('');
  mock.timers.tick(10_000);
  assert.deepEqual([notice.words(), announced], ['', []]);
});

test('words stay until other words follow, and go when all is well', () => {
  notice.show('moving');
  mock.timers.tick(1000);
  assert.equal(notice.words(), 'It moves.');
  notice.show('media');
  assert.equal(notice.words(), 'It moves.', 'nothing flickers');
  mock.timers.tick(1000);
  assert.equal(notice.words(), 'It was interrupted.');
  notice.show('');
  assert.equal(notice.words(), 'It is back.');
  mock.timers.tick(2500);
  assert.equal(notice.words(), '');
  assert.deepEqual(announced, ['It moves.', 'It was interrupted.', 'It is back.']);
});

test('words that were never replaced are said once', () => {
  notice.show('moving');
  mock.timers.tick(1000);
  notice.show('media');
  mock.timers.tick(500);
  notice.show('moving');
  mock.timers.tick(1000);
  assert.deepEqual([notice.words(), announced], ['It moves.', ['It moves.']]);
});

test('after a move without an interruption nothing is back, because nothing was gone', () => {
  notice.show('moving');
  mock.timers.tick(1000);
  notice.show('');
  assert.equal(notice.words(), 'It has moved.');
  notice.show('media');
  mock.timers.tick(1000);
  notice.show('');
  assert.equal(notice.words(), 'It is back.');
});
