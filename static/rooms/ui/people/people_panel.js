import { text } from '../../common/texts.js';
import { isHost } from '../../room/people.js';
import { roster } from '../../room/roster.js';
import { byId } from '../dom.js';
import { EntryView } from './entry.js';
import { match } from './keyed_list.js';
import { RoomButtons } from './room_buttons.js';
import { WaitingList } from './waiting_list.js';

/**
 * The list of people: beside the videos, or behind a tab where there is no room for that. Hosts
 * find there who waits, and what they may do.
 */
export class PeoplePanel {
  /**
   * @param {import('../../room/call.js').Call} call
   * @param {import('../../media/local_media.js').LocalMedia} local
   * @param {import('./questions.js').Questions} questions
   * @param {import('./acts_menu.js').ActsMenu} menu
   */
  constructor(call, local, questions, menu) {
    this._call = call;
    this._local = local;
    this._menu = menu;
    this._around = byId('call', HTMLElement);
    this._panel = byId('people', HTMLElement);
    this._list = byId('people-list', HTMLElement);
    this._button = byId('people-button', HTMLButtonElement);
    this._tab = byId('tab-people', HTMLButtonElement);
    this._room = new RoomButtons(call, questions);
    this._waiting = new WaitingList(call.host, () => this._panel.focus());
    /** @type {Map<string, EntryView>} */
    this._entries = new Map();
    /** Called when the list is on the screen. */
    this.seen = () => {};
    this._button.onclick = () => (this.shown ? this.close() : this.open());
    byId('people-close', HTMLButtonElement).onclick = () => this.close();
    this._panel.onkeydown = (event) => {
      if (event.key === 'Escape') this.close();
    };
    call.on('changed', () => this.render());
    this.render();
  }

  /** Is there a button, or a tab? */
  get _tabbed() {
    return this._tab.offsetParent !== null;
  }

  get shown() {
    return this._panel.offsetParent !== null;
  }

  open() {
    if (this._tabbed) {
      this._tab.click();
      this._tab.focus();
      return this.render();
    }
    this._around.dataset.people = 'yes';
    this._button.setAttribute('aria-expanded', 'true');
    this.render();
    this._panel.focus();
  }

  close() {
    if (this._tabbed || !this.shown) return;
    const within = this._panel.contains(document.activeElement);
    delete this._around.dataset.people;
    this._button.setAttribute('aria-expanded', 'false');
    if (within) this._button.focus();
  }

  render() {
    if (this._call.over) return;
    const { room, role } = this._call;
    const own = {
      microphone: this._local.isOn('microphone'),
      camera: this._local.isOn('camera'),
      screen: this._local.isOn('screen'),
    };
    const entries = roster(room, own);
    const waiting = isHost(role) ? this._call.host.hosting.waiting : [];
    this._badges(waiting.length);
    this._menu.update(entries);
    if (!this.shown) return;
    this._room.render();
    this._waiting.render(waiting);
    this.seen();
    this._show(entries, isHost(role));
  }

  /**
   * @param {import('../../room/roster.js').Entry[]} entries
   * @param {boolean} host
   */
  _show(entries, host) {
    const ids = new Set(entries.map(({ id }) => id));
    for (const id of [...this._entries.keys()]) if (!ids.has(id)) this._entries.delete(id);
    const elements = entries.map((entry) => {
      const view = this._entries.get(entry.id) ?? this._make(entry.id);
      const focused = view.more === document.activeElement;
      view.update(entry, host);
      if (focused && view.more.hidden) this._panel.focus();
      return view.element;
    });
    match(this._list, elements, (index) => this._refocus(index));
  }

  /** @param {string} id */
  _make(id) {
    const view = new EntryView((opener) => {
      this._menu.toggle(id, opener, () => this._panel.focus());
    });
    this._entries.set(id, view);
    return view;
  }

  /** @param {number} index of the entry that has gone */
  _refocus(index) {
    const next = this._list.children[Math.min(index, this._list.childElementCount - 1)];
    const more = next?.querySelector('button');
    if (more && !more.hidden) more.focus();
    else this._panel.focus();
  }

  /** @param {number} count how many wait */
  _badges(count) {
    const words = count ? text('people.waiting', { count }) : '';
    for (const id of ['people-badge', 'tab-people-badge']) {
      const badge = byId(id, HTMLElement);
      badge.textContent = count ? String(count) : '';
      badge.hidden = !count;
    }
    const said = byId('people-badge-words', HTMLElement);
    if (said.textContent !== words) said.textContent = words;
  }
}
