import { text } from '../../common/texts.js';
import { byId, icon, make } from '../dom.js';
import { tell } from './acts_menu.js';
import { match } from './keyed_list.js';

/** @typedef {import('../../common/types.js').Waiter} Waiter */

/** The people who wait to be let in, for hosts. */
export class WaitingList {
  /**
   * @param {import('../../room/hosts/host.js').Host} host
   * @param {() => void} lost the last entry had the focus
   */
  constructor(host, lost) {
    this._host = host;
    this._lost = lost;
    this._section = byId('people-waiting', HTMLElement);
    this._title = byId('people-waiting-title', HTMLElement);
    this._list = byId('waiting-list', HTMLElement);
    this._all = byId('admit-all', HTMLButtonElement);
    this._all.onclick = () => tell(host.admit());
    /** @type {Map<string, HTMLElement>} */
    this._entries = new Map();
  }

  /** @param {readonly Waiter[]} waiters */
  render(waiters) {
    const within = this._section.contains(document.activeElement);
    this._title.textContent = text('people.waiting', { count: waiters.length });
    for (const waiter of waiters) {
      const key = waiter.participant;
      if (!this._entries.has(key)) this._entries.set(key, this._entry(waiter));
    }
    const there = new Set(waiters.map(({ participant }) => participant));
    for (const key of [...this._entries.keys()]) if (!there.has(key)) this._entries.delete(key);
    match(this._list, [...this._entries.values()], (index) => this._refocus(index));
    this._section.hidden = !waiters.length;
    this._all.hidden = waiters.length < 2;
    if (within && !visible(document.activeElement)) this._refocus(0);
  }

  /** @param {Waiter} waiter */
  _entry({ participant, name }) {
    const admit = button('admit', 'button primary', name, icon('user-check'));
    admit.onclick = () => tell(this._host.admit(participant));
    const refuse = button('refuse', 'button', name, icon('x'));
    refuse.onclick = () => tell(this._host.refuse(participant));
    const words = make('p', 'people-name', name);
    return make('li', 'waiting-entry', words, make('div', 'waiting-acts', admit, refuse));
  }

  /** @param {number} index of the entry that has gone */
  _refocus(index) {
    const next = this._list.children[Math.min(index, this._list.childElementCount - 1)];
    const first = next?.querySelector('button');
    if (first && !this._section.hidden) first.focus();
    else this._lost();
  }
}

/**
 * @param {'admit' | 'refuse'} key
 * @param {string} className
 * @param {string} name
 * @param {SVGElement} symbol
 */
function button(key, className, name, symbol) {
  const element = make('button', className, symbol, text(`people.${key}`));
  element.type = 'button';
  element.setAttribute('aria-label', text(`people.${key}_of`, { name }));
  return element;
}

/** @param {Element | null} element */
function visible(element) {
  return element instanceof HTMLElement && element !== document.body && element.offsetParent;
}
