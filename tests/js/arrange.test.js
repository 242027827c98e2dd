import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrange, largeTile, watchedTile } from '../../static/rooms/ui/tiles/arrange.js';
import { Paging } from '../../static/rooms/ui/tiles/paging.js';

/** The stage at 1280 x 800, on a phone held upright, and on its side. */
const STAGES = { wide: [848, 632], upright: [374, 610], across: [836, 334], tiny: [312, 88] };
const area = (stage) => {
  const [width, height] = STAGES[stage];
  return { x: 0, y: 0, width, height };
};

const tile = (key) => {
  const [person, screen] = key.split(':');
  return { key, person, own: person === 'me', screen: Boolean(screen), speaking: false };
};
const others = (count) => Array.from({ length: count }, (_, index) => `p${index}`);

/** The plan for these tiles, oneself included as the last. */
function plan(stage, keys, { layout = 'auto', pinned = '', page = 0, speaker = '' } = {}) {
  const tiles = [...keys, 'me'].map(tile);
  const paging = new Paging();
  paging.take(tiles.map((one) => ({ ...one, speaking: one.key === speaker })));
  paging.page = page;
  return arrange(area(stage), tiles, () => null, { layout, pinned }, paging);
}

const shown = (...of) => [...plan(...of).places.keys()];

for (const stage of Object.keys(STAGES)) {
  test(`everyone is on exactly one page, and oneself on each if there is room (${stage})`, () => {
    for (const [count, options] of [
      [29, {}], [29, { pinned: 'p3' }], [29, { layout: 'focus' }], [80, {}], [80, { pinned: 'me' }],
    ]) {
      const { pages, large } = plan(stage, others(count), options);
      assert.ok(pages > 1, `${count} people need pages`);
      const seen = Array.from({ length: pages }, (_, page) =>
        shown(stage, others(count), { ...options, page }));
      const small = stage === 'tiny';
      for (const page of seen) assert.ok((small || page.includes('me')) && page.length <= 26);
      const counted = (key) => key !== 'me' && (small || key !== large);
      assert.deepEqual(seen.flat().filter(counted).sort(), others(count).filter(counted).sort());
    }
  });

  test(`tiles and buttons stay in the stage, apart from each other (${stage})`, () => {
    for (const count of [1, 4, 11, 29, 80]) {
      for (const layout of ['auto', 'grid', 'focus']) {
        const { places, pager, corner } = plan(stage, others(count), { layout });
        const rects = [...places].filter(([key]) => key !== corner).map(([, rect]) => rect);
        if (pager) rects.push(pager);
        rects.forEach((rect, index) => {
          const [width, height] = STAGES[stage];
          assert.ok(rect.x >= -0.01 && rect.x + rect.width <= width + 0.01);
          assert.ok(rect.y >= -0.01 && rect.y + rect.height <= height + 0.01);
          for (const other of rects.slice(index + 1)) {
            const apart =
              other.x >= rect.x + rect.width - 0.01 || rect.x >= other.x + other.width - 0.01 ||
              other.y >= rect.y + rect.height - 0.01 || rect.y >= other.y + other.height - 0.01;
            assert.ok(apart, `${count} people in ${layout}`);
          }
        });
      }
    }
  });

  if (stage !== 'tiny') test(`twelve people are on one page (${stage})`, () => {
    assert.equal(plan(stage, others(11)).pages, 1);
    assert.equal(plan(stage, others(11)).places.size, 12);
  });
}

test('a large tile without space beside it has the first page for itself', () => {
  const first = plan('tiny', others(3), { pinned: 'p1' });
  assert.deepEqual([[...first.places.keys()], first.pages], [['p1'], 4]);
  assert.deepEqual(shown('tiny', others(3), { pinned: 'p1', page: 1 }), ['p0']);
});

test('tiles beside a large one are not too small to see', () => {
  for (const stage of Object.keys(STAGES)) {
    for (const count of [2, 11, 29]) {
      const { places, large } = plan(stage, others(count), { pinned: 'p0' });
      for (const [key, rect] of places) {
        assert.ok(key === large || (rect.width >= 112 && rect.height >= 62), `${stage} ${count}`);
      }
    }
  }
});

test('two people: oneself is in the corner, but not in the layout "Grid"', () => {
  for (const layout of ['auto', 'focus']) {
    const { corner, inset, large } = plan('wide', ['p0'], { layout });
    assert.deepEqual([corner, large, inset > 100], ['me', '', true]);
  }
  assert.deepEqual(plan('wide', ['p0'], { layout: 'grid' }).corner, '');
});

test('what is large depends on the choice', () => {
  const large = (keys, layout, pinned = '', speaker = '') =>
    largeTile(keys.map(tile), { layout, pinned }, speaker);
  const room = ['a', 'b', 'me'];
  const share = ['a', 'b:screen', 'b', 'me'];
  assert.equal(large(room, 'auto'), '');
  assert.equal(large(share, 'auto'), 'b:screen');
  assert.equal(large(share, 'auto', 'a'), 'a');
  assert.equal(large(share, 'grid'), '');
  assert.equal(large(share, 'grid', 'a'), 'a');
  assert.equal(large(share, 'focus', '', 'a'), 'b:screen');
  assert.equal(large(room, 'focus'), 'a');
  assert.equal(large(room, 'focus', '', 'b'), 'b');
  assert.equal(large(['me'], 'focus'), '');
});

test('a shared screen is large and goes back by itself', () => {
  assert.equal(plan('wide', ['a', 'b:screen', 'b']).large, 'b:screen');
  const after = plan('wide', ['a', 'b']);
  const sizes = new Set([...after.places.values()].map(({ width }) => Math.round(width)));
  assert.deepEqual([after.large, sizes.size], ['', 1]);
});

test('the small window shows what is large, else who spoke, else who has a camera', () => {
  const watched = (keys, { pinned = '', speaker = '', cameras = [] } = {}) => {
    const tiles = keys.map((key) => ({ ...tile(key), camera: cameras.includes(key) }));
    return watchedTile(tiles, { layout: 'auto', pinned }, speaker);
  };
  const room = ['a', 'b', 'me'];
  assert.equal(watched(['a', 'b:screen', 'b', 'me'], { speaker: 'a' }), 'b:screen');
  assert.equal(watched(room, { pinned: 'b', speaker: 'a' }), 'b');
  assert.equal(watched(room, { speaker: 'b', cameras: ['a'] }), 'b');
  assert.equal(watched(room, { cameras: ['b', 'me'] }), 'b');
  assert.equal(watched(room), 'a');
  assert.equal(watched(['a', 'me:screen', 'me']), 'a', 'never one’s own screen');
  assert.equal(watched(['me']), 'me');
  assert.equal(watched([]), '');
});

test('nothing is placed if there is nobody to show', () => {
  const wish = { layout: 'focus', pinned: '' };
  const empty = arrange(area('wide'), [], () => null, wish, new Paging());
  assert.deepEqual([empty.places.size, empty.pages, empty.pager], [0, 1, null]);
});
