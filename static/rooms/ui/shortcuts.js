import { choices, remember } from '../common/choices.js';
import { byId, find } from './dom.js';

/** In these a letter is typed text, or chooses something. */
const TYPING = [
  'input:not([type="checkbox"], [type="radio"])',
  'textarea',
  'select',
  '[contenteditable]',
  '[role="menu"]',
  'dialog',
].join();

/**
 * The key of a shortcut. A layout that has no Latin letters is taken as the keyboard's first one.
 * Pure.
 *
 * @param {{
 *   key: string, code: string, ctrlKey: boolean, metaKey: boolean, altKey: boolean,
 *   shiftKey: boolean,
 * }} event
 * @returns {string} a lower-case letter, `?`, a space, or '': none of these
 */
export function shortcutKey({ key, code, ctrlKey, metaKey, altKey, shiftKey }) {
  if (ctrlKey || metaKey || altKey) return '';
  // Where it is on the keyboard, and whether it needs Shift, differs.
  if (key === '?') return key;
  if (shiftKey) return '';
  if (key === ' ' || /^[a-z]$/i.test(key)) return key.toLowerCase();
  const foreign = key.length === 1 && key > '\u024f';
  return (foreign && /^Key([A-Z])$/.exec(code)?.[1].toLowerCase()) || '';
}

/**
 * Is this key meant for the call? Not if it is typed text, and not if a dialog is open.
 *
 * @param {KeyboardEvent} event
 */
export function forCall({ target, isComposing, defaultPrevented }) {
  if (isComposing || defaultPrevented || document.body.dataset.stage !== 'call') return false;
  if (document.querySelector('dialog[open]')) return false;
  return !(target instanceof Element && target.closest(TYPING));
}

/**
 * One key each for what people do most. The switch for all of them is in "More".
 *
 * @param {Record<string, () => void>} acts by key
 */
export function shortcuts(acts) {
  const box = byId('shortcuts', HTMLInputElement);
  box.checked = choices().shortcuts;
  box.onchange = () => remember({ shortcuts: box.checked });
  document.addEventListener('keydown', (event) => {
    if (event.repeat || !shortcutsOn() || !forCall(event)) return;
    const act = acts[shortcutKey(event)];
    if (!act) return;
    event.preventDefault(); // Firefox may look for the letter in the page
    act();
  });
}

/** Does this person want shortcuts? */
export function shortcutsOn() {
  return byId('shortcuts', HTMLInputElement).checked;
}

/**
 * A click on a button, if this person has it now.
 *
 * @param {string} id
 */
export function press(id) {
  return () => {
    const button = find(id, HTMLButtonElement);
    if (button && button.offsetParent !== null && !button.disabled) button.click();
  };
}
