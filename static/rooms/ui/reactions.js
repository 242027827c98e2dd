import { text } from '../common/texts.js';
import { Bundles, KINDS } from '../room/state/reactions.js';
import { announce } from './announce.js';
import { byId, icon, make } from './dom.js';

/**
 * @typedef {import('../room/state/reactions.js').Kind} Kind
 * @typedef {import('../common/types.js').Person} Person
 */

/** @type {Record<Kind, string>} */
const ICONS = {
  thumbs_up: 'thumbs-up',
  heart: 'heart',
  laugh: 'laugh',
  clap: 'clap',
  party: 'party-popper',
};

/** How many are shown at once; then the oldest goes. */
const MOST = 16;
/** A little longer than css/reactions.css lets one float. Milliseconds. */
const SHOWN_FOR = 2000;

/** Shows the reactions of people over their tiles, and tells screen readers who they were. */
export class Reactions {
  /**
   * @param {import('../room/call.js').Call} call
   * @param {(person: string) => HTMLElement | null} tileOf null: it is not shown now
   */
  constructor(call, tileOf) {
    this._call = call;
    this._tileOf = tileOf;
    this._bundles = new Bundles();
    this._timer = 0;
    /** @type {HTMLElement[]} oldest first */
    this._shown = [];
    call.on('reaction', ({ person, kind }) => {
      this._show(person, kind);
      this._gather(person, kind);
    });
    call.on('ended', () => clearTimeout(this._timer));
  }

  /**
   * @param {Person} person
   * @param {Kind} kind
   */
  _show({ id, name }, kind) {
    const tile = this._tileOf(id);
    const element = make('span', `reaction ${kind}`, icon(ICONS[kind]));
    element.setAttribute('aria-hidden', 'true');
    // Several at once do not hide each other.
    element.style.setProperty('--aside', `${Math.round(Math.random() * 64 - 32)}%`);
    if (!tile) element.append(make('span', 'reaction-name', this._nameOf(id, name)));
    while (this._shown.length >= MOST) this._shown.shift()?.remove();
    this._shown.push(element);
    (tile ?? byId('stage', HTMLElement)).append(element);
    setTimeout(() => {
      element.remove();
      this._shown = this._shown.filter((other) => other !== element);
    }, SHOWN_FOR);
  }

  /**
   * @param {Person} person
   * @param {Kind} kind
   */
  _gather({ id, name }, kind) {
    const now = performance.now();
    this._bundles.add(kind, id, this._nameOf(id, name), now);
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._tell(), this._bundles.due - now);
  }

  _tell() {
    // A timer may be early by a fraction of a millisecond.
    const bundles = this._bundles.take(Math.max(performance.now(), this._bundles.due));
    const sentences = bundles.map(({ kind, name, others }) => {
      const key = others > 1 ? 'many' : others ? 'two' : 'one';
      const reaction = text(`reactions.${kind}`);
      return `${text(`reactions.${key}`, { name, others, reaction })}.`;
    });
    if (sentences.length) announce(sentences.join(' '));
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  _nameOf(id, name) {
    return id === this._call.room.you ? text('reactions.you') : name;
  }
}

/**
 * The button "React" and its toolbar. Arrow keys move in it, and Escape closes it.
 *
 * @param {import('../room/call.js').Call} call
 * @param {() => void} sent
 */
export function reactionButtons(call, sent) {
  const around = byId('react', HTMLElement);
  const opener = byId('react-button', HTMLButtonElement);
  const toolbar = byId('reactions', HTMLElement);
  const buttons = KINDS.map((kind, i) => {
    const button = make('button', `reaction-button ${kind}`, icon(ICONS[kind]));
    button.type = 'button';
    button.title = text(`reactions.${kind}`);
    button.setAttribute('aria-label', button.title);
    button.tabIndex = i ? -1 : 0;
    button.onclick = () => {
      call.react(kind);
      sent();
    };
    return button;
  });
  toolbar.append(...buttons);
  const show = (/** @type {boolean} */ open) => {
    toolbar.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (open) buttons.find(({ tabIndex }) => tabIndex === 0)?.focus();
  };
  opener.onclick = () => show(toolbar.hidden);
  toolbar.onkeydown = (event) => {
    const at = buttons.findIndex((button) => button === document.activeElement);
    const to = buttons[step(event.key, at, buttons.length)];
    if (!to) return;
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
    to.focus();
    event.preventDefault();
  };
  around.onkeydown = (event) => {
    if (event.key !== 'Escape' || toolbar.hidden) return;
    event.stopPropagation(); // "More" stays open
    show(false);
    opener.focus();
  };
  const left = (/** @type {EventTarget | null} */ to) => to instanceof Node && !around.contains(to);
  around.addEventListener('focusout', ({ relatedTarget }) => left(relatedTarget) && show(false));
  document.addEventListener('pointerdown', ({ target }) => left(target) && show(false));
}

/**
 * @param {string} key
 * @param {number} at
 * @param {number} length
 */
function step(key, at, length) {
  if (key === 'ArrowRight') return (at + 1) % length;
  if (key === 'ArrowLeft') return (at + length - 1) % length;
  if (key === 'Home') return 0;
  return key === 'End' ? length - 1 : -1;
}
