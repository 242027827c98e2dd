import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focused, grid } from '../../static/rooms/layout.js';

const AREAS = [[832, 610], [374, 488], [1600, 900], [600, 300]].map(([width, height]) => ({ x: 0, y: 0, width, height }));

/** No tile leaves the area, and no two overlap. */
function assertFits(area, rects) {
  for (const [index, rect] of rects.entries()) {
    assert.ok(rect.width > 30 && rect.height > 17, `tile ${index} can be seen: ${JSON.stringify(rect)}`);
    assert.ok(rect.x >= -0.01 && rect.x + rect.width <= area.width + 0.01, `tile ${index} fits across`);
    assert.ok(rect.y >= -0.01 && rect.y + rect.height <= area.height + 0.01, `tile ${index} fits down`);
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
      const rects = grid(area, count, 8);
      assert.equal(rects.length, count);
      assertFits(area, rects);
    }
  });

  test(`one large tile and the others fit in ${area.width} x ${area.height}`, () => {
    for (const count of [1, 2, 3, 5, 7, 13]) {
      for (const focus of [0, count - 1]) {
        const rects = focused(area, count, focus, 8);
        assert.equal(rects.length, count);
        assertFits(area, rects);
        const sizes = rects.map(({ width, height }) => width * height);
        assert.equal(sizes.indexOf(Math.max(...sizes)), focus);
      }
    }
  });
}

test('two people stand side by side in a wide area and above each other in a tall one', () => {
  const [left, right] = grid({ x: 0, y: 0, width: 1600, height: 500 }, 2, 8);
  assert.ok(left.y === right.y && left.x < right.x);
  const [upper, lower] = grid({ x: 0, y: 0, width: 400, height: 700 }, 2, 8);
  assert.ok(upper.x === lower.x && upper.y < lower.y);
});
