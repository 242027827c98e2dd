import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ROOT = new URL('../../static/rooms/', import.meta.url);

/** Each line may import from those below it. Packages on one line do not know each other. */
const LAYERS = [
  ['.'],
  ['ui/admin', 'ui/chat', 'ui/entry', 'ui/frame', 'ui/notes', 'ui/tiles'],
  ['ui/controls', 'ui/people', 'ui/views'],
  ['ui'],
  ['room'],
  ['room/chat', 'room/hosts', 'room/state'],
  ['media/effects', 'media/effects/workers'],
  ['media'],
  ['common'],
];
const MOST_MODULES = 20;

const modules = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith('.js'));

/** The imports of a module, including types in its JSDoc, as paths from static/rooms. */
function imports(name) {
  const text = readFileSync(new URL(name, ROOT), 'utf8');
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...new Set([...found].map(([, path]) => join(dirname(name), path)))];
}

const own = new Map(
  modules.map((name) => [name, imports(name).filter((path) => !path.startsWith('../vendor/'))]),
);

/** The first path from `start` back to it, or undefined. */
function circle(start) {
  const todo = own.get(start).map((name) => [start, name]);
  const seen = new Set();
  for (const way of todo) {
    const last = way.at(-1);
    if (last === start) return way.join(' -> ');
    if (seen.has(last)) continue;
    seen.add(last);
    todo.push(...own.get(last).map((name) => [...way, name]));
  }
  return undefined;
}

test('every module is in a known package', () => {
  assert.deepEqual(modules.filter((name) => !LAYERS.flat().includes(dirname(name))), []);
  for (const [name, used] of own) {
    for (const path of used) assert.ok(own.has(path), `${name}: ${path}`);
  }
});

test('imports go one way, including those of types', () => {
  const rank = (folder) => LAYERS.findIndex((layer) => layer.includes(folder));
  const wrong = [];
  for (const [name, used] of own) {
    const from = dirname(name);
    for (const to of used.map(dirname)) {
      if (from !== to && rank(from) >= rank(to)) wrong.push(`${name} imports from ${to}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('no imports form a circle, including those of types', () => {
  assert.deepEqual(modules.map(circle).filter(Boolean), []);
});

test('no folder has more modules than one can take in at a glance', () => {
  const count = (folder) => modules.filter((name) => dirname(name) === folder).length;
  assert.deepEqual(LAYERS.flat().filter((folder) => count(folder) > MOST_MODULES), []);
});
