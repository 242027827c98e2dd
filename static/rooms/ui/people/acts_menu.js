import { text } from '../../common/texts.js';
import { isHost } from '../../room/people.js';
import { actsFor } from '../../room/roster.js';
import { showBanner } from '../banner.js';
import { Menu } from './menu.js';

/**
 * @typedef {import('../../room/roster.js').Entry} Entry
 * @typedef {import('../../room/roster.js').ActKey} ActKey
 */

/** What a host may do about a person, from the list of people and from a tile. */
export class ActsMenu {
  /**
   * @param {import('../../room/call.js').Call} call
   * @param {import('./remove.js').RemoveDialog} removal
   * @param {import('./questions.js').Questions} questions
   */
  constructor(call, removal, questions) {
    this._call = call;
    this._removal = removal;
    this._questions = questions;
    this._menu = new Menu();
    this._person = '';
    /** @type {readonly Entry[]} */
    this._entries = [];
    call.on('ended', () => this._menu.close(false));
  }

  /**
   * @param {string} person
   * @param {HTMLElement} opener
   * @param {() => void} lost as in Menu
   */
  toggle(person, opener, lost) {
    const entry = this._entries.find(({ id }) => id === person);
    if (!entry) return;
    this._person = person;
    const name = opener.getAttribute('aria-label') ?? entry.name;
    this._menu.toggle(opener, name, this._items(entry), lost);
  }

  /** @param {readonly Entry[]} entries of the people who are in the call now */
  update(entries) {
    this._entries = entries;
    if (!this._menu.open) return;
    const entry = entries.find(({ id }) => id === this._person);
    if (entry && isHost(this._call.role)) this._menu.update(this._items(entry));
    else this._menu.vanish();
  }

  /**
   * @param {Entry} entry
   * @returns {import('./menu.js').Item[]}
   */
  _items(entry) {
    return actsFor(this._call.role, entry).map(({ key, enabled }) => ({
      key,
      word: text(`people.act.${key}`),
      enabled,
      grave: key === 'remove',
      act: () => this._act(key, entry),
    }));
  }

  /**
   * @param {ActKey} key
   * @param {Entry} entry
   */
  _act(key, { id, name, tile }) {
    const { host } = this._call;
    if (key === 'remove') return this._removal.open(tile);
    if (key === 'rename') {
      return this._questions.askName(name, (given) => tell(host.rename(id, given)));
    }
    if (key === 'mute') tell(host.hold(id, 'microphone'));
    else if (key === 'stop_camera') tell(host.hold(id, 'camera'));
    else if (key === 'stop_screen') tell(host.hold(id, 'screen'));
    else if (key === 'ask') tell(host.ask(id, 'microphone'));
    else if (key === 'lower_hand') tell(host.lowerHand(id));
    else tell(host.setRole(id, key));
  }
}

/**
 * Say so if an act did not reach the server.
 *
 * @param {boolean} sent
 */
export function tell(sent) {
  if (!sent) showBanner('problem', text('people.offline'));
}
