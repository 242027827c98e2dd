import { byId, make } from '../dom.js';

/** CSS pixels between the menu and its button, and the edge of the page. */
const GAP = 4;
const EDGE = 8;

/**
 * @typedef {{key: string, word: string, enabled: boolean, grave?: boolean, act: () => void}} Item
 *   `grave`: it is drawn apart
 */

/**
 * A menu as the ARIA pattern for menu buttons says: arrow keys, Home, End and letters move, Escape
 * gives the focus back, Tab leaves. Items that do not apply now can be reached but do nothing.
 */
export class Menu {
  constructor() {
    this._list = make('div', 'menu');
    this._list.setAttribute('role', 'menu');
    this._list.hidden = true;
    this._list.onkeydown = (event) => this._key(event);
    this._list.addEventListener('focusout', ({ relatedTarget }) => {
      const away = relatedTarget instanceof Node && !this._list.contains(relatedTarget);
      if (away) this.close(false);
    });
    /** @type {HTMLElement | null} */
    this._opener = null;
    /** @type {() => void} */
    this._lost = () => {};
    /** @type {Item[]} */
    this._items = [];
    // Beside the panels: they would cut it off.
    byId('call', HTMLElement).append(this._list);
    document.addEventListener('pointerdown', ({ target }) => {
      const inside = target instanceof Node && this._list.contains(target);
      const opener = target instanceof Node && this._opener?.contains(target);
      if (this.open && !inside && !opener) this.close(false);
    });
    window.addEventListener('resize', () => this.close(true));
    // It does not move with a list that scrolls.
    document.addEventListener('scroll', ({ target }) => {
      if (target instanceof Node && this._opener && target.contains(this._opener)) this.close(true);
    }, true);
  }

  get open() {
    return !this._list.hidden;
  }

  /**
   * Open it at a button; a second press of the same button closes it.
   *
   * @param {HTMLElement} opener
   * @param {string} name
   * @param {Item[]} items
   * @param {() => void} lost the focus would go to a button that is gone
   */
  toggle(opener, name, items, lost) {
    const again = this.open && this._opener === opener;
    this.close(again);
    if (again) return;
    this._opener = opener;
    this._lost = lost;
    this._list.setAttribute('aria-label', name);
    this._list.hidden = false;
    opener.setAttribute('aria-expanded', 'true');
    this.update(items);
    this._place(opener);
    this._focus(0);
  }

  /** @param {Item[]} items what applies has changed */
  update(items) {
    if (!this.open) return;
    this._items = items;
    const before = this._buttons();
    const at = before.findIndex((button) => button === document.activeElement);
    const key = before[at]?.dataset.key;
    const buttons = items.map((item) => this._button(before, item));
    const same = buttons.length === before.length && buttons.every((b, i) => b === before[i]);
    if (same) return;
    this._list.replaceChildren(...buttons);
    if (at < 0) return;
    const kept = buttons.findIndex((button) => button.dataset.key === key);
    this._focus(kept >= 0 ? kept : Math.min(at, buttons.length - 1));
  }

  /**
   * @param {HTMLButtonElement[]} before
   * @param {Item} item
   */
  _button(before, { key, word, enabled, grave }) {
    const button = before.find(({ dataset }) => dataset.key === key) ?? make('button', '', word);
    button.type = 'button';
    button.dataset.key = key;
    button.tabIndex = -1;
    button.classList.toggle('grave', Boolean(grave));
    button.setAttribute('role', 'menuitem');
    if (enabled) button.removeAttribute('aria-disabled');
    else button.setAttribute('aria-disabled', 'true');
    button.onclick = (event) => {
      event.stopPropagation();
      this._choose(key);
    };
    return button;
  }

  /** @param {string} key */
  _choose(key) {
    const item = this._items.find((known) => known.key === key);
    if (!item?.enabled) return;
    this.close(true);
    item.act();
  }

  /** @param {boolean} back does the button get the focus? */
  close(back) {
    if (!this.open) return;
    const opener = this._opener;
    this._opener = null;
    this._list.hidden = true;
    this._list.replaceChildren();
    opener?.setAttribute('aria-expanded', 'false');
    if (!back) return;
    if (opener?.isConnected) opener.focus();
    if (document.activeElement !== opener) this._lost();
  }

  /** The person whom it is about has gone. */
  vanish() {
    if (!this.open) return;
    const held = this._list.contains(document.activeElement);
    this.close(false);
    if (held) this._lost();
  }

  /** @param {HTMLElement} opener */
  _place(opener) {
    const { style } = this._list;
    const button = opener.getBoundingClientRect();
    const { width, height } = this._list.getBoundingClientRect();
    const below = button.bottom + GAP + height + EDGE <= window.innerHeight;
    const above = button.top - GAP - height >= EDGE;
    const free = Math.max(EDGE, window.innerHeight - EDGE - height);
    const top = below ? button.bottom + GAP : above ? button.top - GAP - height : free;
    style.top = `${Math.round(top)}px`;
    style.left = `${Math.round(Math.max(EDGE, button.right - width))}px`;
  }

  _buttons() {
    return [...this._list.querySelectorAll('button')];
  }

  /** @param {number} index */
  _focus(index) {
    this._buttons().at(index)?.focus();
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    const buttons = this._buttons();
    const at = buttons.findIndex((button) => button === document.activeElement);
    const to = move(event.key, at, buttons.map(({ textContent }) => textContent ?? ''));
    // The letters of the shortcuts stay in the menu.
    event.stopPropagation();
    if (event.key === 'Escape') this.close(true);
    else if (event.key === 'Tab') return this.close(true);
    else if (to === null) return;
    else this._focus(to);
    event.preventDefault();
  }
}

/**
 * Where a key leads. Pure.
 *
 * @param {string} key
 * @param {number} at the item with the focus
 * @param {string[]} words of the items
 * @returns {number | null} null: nowhere
 */
export function move(key, at, words) {
  const { length } = words;
  if (key === 'ArrowDown') return (at + 1) % length;
  if (key === 'ArrowUp') return (Math.max(at, 0) + length - 1) % length;
  if (key === 'Home') return 0;
  if (key === 'End') return length - 1;
  if (key.length !== 1 || key === ' ') return null;
  const begins = (/** @type {number} */ i) =>
    words[i].toLocaleLowerCase().startsWith(key.toLocaleLowerCase());
  const order = words.map((_, i) => (at + 1 + i) % length);
  return order.find(begins) ?? null;
}
