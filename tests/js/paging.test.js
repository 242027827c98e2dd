import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Paging } from '../../static/rooms/ui/tiles/paging.js';

const tile = (key, speaking = false) => {
  const [person, screen] = key.split(':');
  return { key, person, own: person === 'me', screen: Boolean(screen), speaking };
};
const tiles = (keys, ...speaking) => keys.map((key) => tile(key, speaking.includes(key)));
const PEOPLE = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** What a page shows after these people were there, one list after the other. */
const open = (paging, keys, most, ...speaking) => {
  paging.take(tiles(keys, ...speaking));
  return paging.open(keys, most);
};

test('what fits is on one page, in order', () => {
  assert.deepEqual(open(new Paging(), PEOPLE, 7), { keys: PEOPLE, pages: 1 });
});

test('pages are of one size, and end', () => {
  const paging = new Paging();
  assert.deepEqual(open(paging, PEOPLE, 6), { keys: ['a', 'b', 'c', 'd'], pages: 2 });
  paging.turn(1);
  assert.deepEqual(open(paging, PEOPLE, 6).keys, ['e', 'f', 'g']);
  paging.turn(1);
  assert.deepEqual(open(paging, PEOPLE, 6).keys, ['e', 'f', 'g']);
  assert.equal(paging.page, 1);
  paging.turn(-5);
  assert.equal(paging.page, 0);
});

test('a page that has gone leaves the last one open', () => {
  const paging = new Paging();
  open(paging, PEOPLE, 3);
  paging.turn(2);
  assert.deepEqual(open(paging, ['a', 'b', 'c', 'd'], 3).keys, ['c', 'd']);
});

test('nobody moves because someone else came or left', () => {
  const paging = new Paging();
  open(paging, ['a', 'b', 'c'], 9);
  const { keys } = open(paging, ['x', 'b', 'c', 'y'], 9);
  assert.deepEqual(keys, ['b', 'c', 'x', 'y']);
});

test('a shared screen is before its owner', () => {
  const paging = new Paging();
  open(paging, ['a', 'b', 'c'], 9);
  assert.deepEqual(open(paging, ['a', 'b:screen', 'b', 'c'], 9).keys, ['a', 'b:screen', 'b', 'c']);
});

test('whoever speaks comes to the first page, for whoever was silent longest', () => {
  const paging = new Paging();
  open(paging, PEOPLE, 4, 'a');
  open(paging, PEOPLE, 4);
  const { keys } = open(paging, PEOPLE, 4, 'f');
  assert.deepEqual(keys, ['a', 'f', 'c', 'd']);
  assert.deepEqual(open(paging, PEOPLE, 4).keys, ['a', 'f', 'c', 'd'], 'and stays');
  paging.turn(1);
  assert.deepEqual(open(paging, PEOPLE, 4).keys, ['e', 'b', 'g']);
});

test('on another page nobody moves', () => {
  const paging = new Paging();
  open(paging, PEOPLE, 4);
  paging.turn(1);
  assert.deepEqual(open(paging, PEOPLE, 4, 'a', 'g').keys, ['e', 'f', 'g']);
});

test('if everyone speaks nobody gives way', () => {
  const paging = new Paging();
  assert.deepEqual(open(paging, PEOPLE, 4, ...PEOPLE).keys, ['a', 'b', 'c', 'd']);
});

test('the speaker is the other person who began first, until another one speaks alone', () => {
  const paging = new Paging();
  const said = [['me'], ['b'], ['a', 'b'], [], ['a']].map((speaking) => {
    paging.take(tiles(['a', 'b', 'me'], ...speaking));
    return paging.speaker;
  });
  assert.deepEqual(said, ['', 'b', 'b', 'b', 'a']);
  paging.take(tiles(['b', 'me']));
  assert.equal(paging.speaker, '');
});
