import { Asking } from '../common/asking.js';
import { Emitter } from '../common/emitter.js';
import { EMPTY, fromSnapshot, reduce } from './state/room_state.js';
import { ShownRoom } from './state/shown_room.js';
import { SILENT_AFTER } from './signalling.js';

/** From asking for a room_state to its arrival. */
const STATE_WITHIN = { within: 5000, longest: 20_000 };

/**
 * The last event may be lost, and no gap shows it. After so much silence the whole room is asked
 * for; up to twice as long, so that not all pages ask at once.
 */
const SILENCE = 30_000;

/**
 * @typedef {import('../common/types.js').Person} Person
 * @typedef {{shown: void, joined: Person, left: Person, hand: Person}} Events `shown`: the room is
 *   shown differently although the server has said nothing
 */

/**
 * What the server says of the room, and what is shown of it. If something may be missing, the whole
 * room is asked for.
 *
 * @extends {Emitter<Events>}
 */
export class Following extends Emitter {
  /** @param {import('./signalling.js').Signalling} signalling */
  constructor(signalling) {
    super();
    this._signalling = signalling;
    /** As the server says it. */
    this.said = EMPTY;
    /** As it is shown; during a move it includes those who have not arrived yet. */
    this.room = EMPTY;
    this._shown = new ShownRoom(EMPTY);
    this._asking = new Asking((attempt) => this._askNow(attempt), STATE_WITHIN);
    this._expected = 0;
    this._silence = 0;
  }

  get entered() {
    return this.said.epoch !== '';
  }

  /** Ask for the whole room, unless that is under way. */
  ask() {
    if (!this._asking.open && this._signalling.connected) this._asking.begin();
  }

  /** The room_state comes by itself, or is asked for. */
  expect() {
    this._asking.expect();
  }

  /** @param {number} attempt */
  _askNow(attempt) {
    if (attempt < SILENT_AFTER) this._signalling.send({ type: 'snapshot' });
    else this._signalling.reopen();
  }

  /** The socket is lost. */
  pause() {
    this._asking.settle();
    clearTimeout(this._silence);
  }

  close() {
    this.pause();
    clearTimeout(this._expected);
  }

  /**
   * @param {import('../common/types.js').RoomStateEvent} event
   * @returns {boolean} false: it is late, more is known already
   */
  snapshot(event) {
    const { epoch, n } = this.said;
    if (event.epoch === epoch && event.n < n) return false;
    this._asking.settle();
    this.said = fromSnapshot(event);
    this._show();
    return true;
  }

  /**
   * @param {import('../common/types.js').RoomEvent} event
   * @returns {boolean} false: it does not follow what is known
   */
  event(event) {
    const { state, gap } = reduce(this.said, event);
    if (gap) {
      if (this.entered) this.ask();
      return false;
    }
    this.said = state;
    this._show();
    return true;
  }

  /** Show what is known, and say who has come or gone. */
  _show() {
    const before = this.room;
    const now = performance.now();
    this.room = this._shown.take(this.said, now);
    this._announce(before);
    clearTimeout(this._expected);
    const { until } = this._shown;
    if (until < Infinity) this._expected = setTimeout(() => this._showLater(), until - now);
    clearTimeout(this._silence);
    this._silence = setTimeout(() => this.ask(), SILENCE * (1 + Math.random()));
  }

  _showLater() {
    this._show();
    this.emit('shown', undefined);
  }

  /** @param {import('./state/room_state.js').RoomState} before */
  _announce(before) {
    if (!before.epoch) return;
    const { people } = this.room;
    for (const [id, person] of people) if (!before.people.has(id)) this.emit('joined', person);
    for (const [id, person] of before.people) if (!people.has(id)) this.emit('left', person);
    for (const [id, person] of people) {
      if (person.hand && !before.people.get(id)?.hand) this.emit('hand', person);
    }
  }
}
