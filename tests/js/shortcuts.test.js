import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shortcutKey } from '../../static/rooms/ui/shortcuts.js';

const NONE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

/** @param {string} key */
function typed(key, code = '', modifiers = {}) {
  return shortcutKey({ key, code, ...NONE, ...modifiers });
}

test('a letter is the one that the layout types, wherever it is', () => {
  assert.equal(typed('m', 'Semicolon'), 'm'); // French
  assert.equal(typed('M', 'KeyM'), 'm'); // Caps Lock
  assert.equal(typed('ö', 'Semicolon'), '');
});

test('a layout without Latin letters uses the places of the letters', () => {
  assert.equal(typed('ь', 'KeyM'), 'm'); // Russian
  assert.equal(typed('μ', 'KeyM'), 'm'); // Greek
  assert.equal(typed('ж', 'Semicolon'), '');
});

test('modifiers belong to the browser, but a question mark may need Shift', () => {
  for (const modifier of ['ctrlKey', 'metaKey', 'altKey', 'shiftKey']) {
    assert.equal(typed('m', 'KeyM', { [modifier]: true }), '', modifier);
    assert.equal(typed(' ', 'Space', { [modifier]: true }), '', modifier);
  }
  assert.equal(typed('?', 'Slash', { shiftKey: true }), '?');
  assert.equal(typed('?', 'KeyM'), '?'); // Bépo
  assert.equal(typed('?', 'Slash', { ctrlKey: true }), '');
});

test('other keys are none', () => {
  for (const key of ['Escape', 'Enter', 'Tab', 'F1', '1', 'Dead']) assert.equal(typed(key), '');
});
