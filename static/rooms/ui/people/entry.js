import { text } from '../../common/texts.js';
import { hue } from '../../room/people.js';
import { icon, make } from '../dom.js';
import { showAvatar } from '../avatar.js';

/** @typedef {import('../../room/roster.js').Entry} Entry */

/** One person in the list of people. */
export class EntryView {
  /** @param {(opener: HTMLElement) => void} menu */
  constructor(menu) {
    this._avatar = make('span', 'people-face');
    this._avatar.setAttribute('aria-hidden', 'true');
    this._name = make('a', 'people-name');
    this._name.target = '_blank';
    this._name.rel = 'noopener noreferrer';
    this._state = make('p', 'people-state');
    this._mic = icon('mic-off', 'people-mic');
    this.more = make('button', 'people-more', icon('ellipsis'));
    this.more.type = 'button';
    this.more.setAttribute('aria-haspopup', 'menu');
    this.more.setAttribute('aria-expanded', 'false');
    this.more.onclick = () => menu(this.more);
    const words = make('div', 'people-words', this._name, this._state);
    this.element = make('li', 'people-entry', this._avatar, words, this._mic, this.more);
  }

  /**
   * @param {Entry} entry
   * @param {boolean} host does this page's person run the call?
   */
  update(entry, host) {
    const { name, own, hand, muted, tile } = entry;
    showAvatar(this._avatar, tile);
    this._avatar.style.setProperty('--hue', `hsl(${hue(name)} 38% 46%)`);
    set(this._name, own ? text('call.you', { name }) : name);
    if (tile.link) this._name.href = tile.link;
    else this._name.removeAttribute('href');
    const words = states(entry);
    if (this._state.textContent !== words.join(' · ')) {
      this._state.replaceChildren(...spans(words, hand > 0));
    }
    this._mic.classList.toggle('on', muted);
    this.element.classList.toggle('is-speaking', tile.speaking);
    this.more.hidden = own || !host;
    this.more.setAttribute('aria-label', text('people.more', { name }));
    this.more.title = this.more.getAttribute('aria-label') ?? '';
  }
}

/** @param {Entry} entry */
function states({ role, stream, muted, camera, screen, hand }) {
  const words = [];
  if (hand) words.push(text('people.hand', { place: hand }));
  words.push(stream ? text('people.stream') : text(`people.role.${role}`));
  if (muted) words.push(text('people.muted'));
  if (!camera) words.push(text('people.camera_off'));
  if (screen) words.push(text('people.shares'));
  return words;
}

/**
 * @param {string[]} words
 * @param {boolean} hand is the first about a raised hand?
 */
function spans(words, hand) {
  return words.flatMap((word, i) => {
    const span = make('span', hand && i === 0 ? 'people-hand' : '', word);
    return i ? [' · ', span] : [span];
  });
}

/**
 * @param {HTMLElement} element
 * @param {string} words
 */
function set(element, words) {
  if (element.textContent !== words) element.textContent = words;
}
