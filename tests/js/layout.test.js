import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duo, focused, grid, mustShrink } from '../../static/rooms/ui/tiles/layout.js';

const AREAS = [[832, 610], [374, 488], [1600, 900], [600, 300]].map(
  ([width, height]) => ({ x: 0, y: 0, width, height }),
);

const none = (count) => Array(count).fill(null);
const [WEBCAM, WIDE, PHONE] = [4 / 3, 16 / 9, 9 / 16];

/** No tile leaves the area, and no two overlap. */
function assertFits(area, rects) {
  for (const [index, rect] of rects.entries()) {
    assert.ok(
      rect.width > 30 && rect.height > 17,
      `tile ${index} can be seen: ${JSON.stringify(rect)}`,
    );
    assert.ok(
      rect.x >= -0.01 && rect.x + rect.width <= area.width + 0.01,
      `tile ${index} fits across`,
    );
    assert.ok(
      rect.y >= -0.01 && rect.y + rect.height <= area.height + 0.01,
      `tile ${index} fits down`,
    );
    for (const other of rects.slice(index + 1)) {
      const apart =
        other.x >= rect.x + rect.width || rect.x >= other.x + other.width ||
        other.y >= rect.y + rect.height || rect.y >= other.y + other.height;
      assert.ok(apart, `tiles do not overlap (${rects.length})`);
    }
  }
}

for (const area of AREAS) {
  test(`a grid fits in ${area.width} x ${area.height}`, () => {
    for (const count of [1, 2, 3, 5, 7, 12, 25]) {
      const rects = grid(area, none(count), 8);
      assert.equal(rects.length, count);
      assertFits(area, rects);
    }
  });

  test(`one large tile and the others fit in ${area.width} x ${area.height}`, () => {
    for (const count of [1, 2, 3, 5, 7, 13]) {
      for (const focus of [0, count - 1]) {
        const rects = focused(area, none(count), focus, 8);
        assert.equal(rects.length, count);
        assertFits(area, rects);
        const sizes = rects.map(({ width, height }) => width * height);
        assert.equal(sizes.indexOf(Math.max(...sizes)), focus);
      }
    }
  });
}

test('two people are side by side in a wide area and above each other in a tall one', () => {
  const [left, right] = grid({ x: 0, y: 0, width: 1600, height: 500 }, none(2), 8);
  assert.ok(left.y === right.y && left.x < right.x);
  const [upper, lower] = grid({ x: 0, y: 0, width: 400, height: 700 }, none(2), 8);
  assert.ok(upper.x === lower.x && upper.y < lower.y);
});

test('no video loses more than an eighth', () => {
  for (const area of AREAS) {
    for (const ratio of [WEBCAM, WIDE, PHONE]) {
      for (const count of [1, 2, 3, 5, 12]) {
        const rects = grid(area, Array(count).fill(ratio), 8);
        assertFits(area, rects);
        for (const rect of rects) assert.ok(!mustShrink(ratio, rect), JSON.stringify(rect));
      }
    }
  }
  // Two webcams at 1280 x 800. They used to be 625 x 312, with a third of the height cut off.
  const [first] = grid({ x: 0, y: 0, width: 848, height: 632 }, [WEBCAM, WEBCAM], 8);
  assert.ok(first.width * first.width / WEBCAM > 130_000);
});

test('a tall video among wide ones is shown whole', () => {
  const rects = grid(AREAS[0], [WIDE, WIDE, PHONE], 8);
  assertFits(AREAS[0], rects);
  assert.ok(mustShrink(PHONE, rects[2]));
  assert.ok(!mustShrink(null, rects[0]));
});

test('a strip has the shape of its videos', () => {
  const area = AREAS[2];
  for (const [ratio, shape] of [[WEBCAM, WEBCAM], [WIDE, WIDE], [PHONE, WEBCAM]]) {
    const rects = focused(area, [WIDE, ratio, ratio], 0, 8);
    assertFits(area, rects);
    assert.ok(Math.abs(rects[1].width / rects[1].height - shape) < 0.01);
  }
});

test('with two people oneself is small in the corner, away from buttons and name', () => {
  for (const area of AREAS) {
    for (const theirs of [WEBCAM, WIDE, PHONE, null]) {
      for (const own of [WEBCAM, WIDE, PHONE, null]) {
        const { main, corner, over } = duo(area, theirs, own, 8);
        assertFits(area, [main]);
        assertFits(area, [corner]);
        if (!over) {
          assertFits(area, [main, corner]);
          continue;
        }
        assert.ok(corner.width * corner.height < main.width * main.height / 2.5, 'small');
        assert.ok(corner.y >= main.y + 56, 'below the buttons');
        assert.ok(corner.x >= main.x + main.width / 2, 'beside the name');
      }
    }
  }
  const { main } = duo({ x: 0, y: 0, width: 848, height: 632 }, WEBCAM, WEBCAM, 8);
  assert.ok(main.width * main.height > 500_000);
});

test('on a phone held upright two people share the area', () => {
  const area = { x: 0, y: 0, width: 374, height: 650 };
  const { main, corner, over } = duo(area, WEBCAM, WEBCAM, 8);
  assert.equal(over, false);
  assertFits(area, [main, corner]);
  assert.equal(main.width, 374);
});

test('without room for a corner two people share the area', () => {
  const area = { x: 0, y: 0, width: 320, height: 100 };
  const { main, corner, over } = duo(area, WIDE, WIDE, 8);
  assert.equal(over, false);
  assertFits(area, [main, corner]);
});
