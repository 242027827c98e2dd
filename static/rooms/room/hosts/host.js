import { Emitter } from '../../common/emitter.js';
import { SOURCES } from '../../media/sending.js';
import { HELD, UNTOUCHED, heard, mustBeOff, seen, started } from './hosting.js';

/**
 * @typedef {import('../../common/types.js').Held} Held
 * @typedef {import('../../common/types.js').Source} Source
 * @typedef {{
 *   held: {sources: Held[], bound: boolean, by: string},
 *   freed: void,
 *   asked: {source: Held, by: string},
 *   hand_lowered: {by: string},
 *   locked: boolean,
 *   waiting: import('../../common/types.js').Waiter,
 * }} Events `held`: these sources were on, or everyone is muted; `freed`: this person may unmute
 *   themselves again; `waiting`: someone has begun to wait. `by` is the host's name, or ''.
 */

/**
 * What hosts do. A host acts by messages without an answer: what has changed is the answer. On the
 * page of the person concerned, this turns off what a host has turned off. Nothing turns it on
 * again but a click.
 *
 * @extends {Emitter<Events>}
 */
export class Host extends Emitter {
  /**
   * @param {import('../../media/local_media.js').LocalMedia} local
   * @param {(message: {type: string} & Record<string, unknown>) => boolean} send false: not
   *   connected
   */
  constructor(local, send) {
    super();
    this._local = local;
    this._send = send;
    this.hosting = UNTOUCHED;
    this._turning = false;
    /** @type {Set<string>} those who wait and were announced */
    this._known = new Set();
    // A device may need some time to start, and a host may act meanwhile.
    local.on('changed', () => this._turnOff('', false));
  }

  /** @param {import('../../common/types.js').HostingEvent} message */
  hear(message) {
    const before = this.hosting;
    this.hosting = heard(before, message);
    const { bound, locked, waiting } = this.hosting;
    const boundBefore = before.bound.has('microphone');
    const boundNow = bound.has('microphone');
    this._turnOff('by' in message ? message.by : '', boundNow && !boundBefore);
    if (boundBefore && !boundNow) this.emit('freed', undefined);
    const changed = locked !== before.locked;
    if (message.type === 'room_settings' && changed) this.emit('locked', locked);
    if (message.type === 'waiting_list') this._knocks(waiting);
  }

  /** @param {readonly import('../../common/types.js').Waiter[]} waiting */
  _knocks(waiting) {
    const known = this._known;
    this._known = new Set(waiting.map(({ participant }) => participant));
    for (const waiter of waiting) {
      if (!known.has(waiter.participant)) this.emit('waiting', waiter);
    }
  }

  /**
   * @param {string} by
   * @param {boolean} bound is everyone muted since now?
   */
  _turnOff(by, bound) {
    if (this._turning) return;
    const on = SOURCES.filter((source) => this._local.isOn(source));
    const off = on.filter((source) => mustBeOff(this.hosting, source));
    this._turning = true;
    if (off.includes('microphone')) void this._local.setMicrophone(false);
    if (off.includes('camera')) void this._local.setCamera(false);
    if (off.includes('screen') || off.includes('screen-audio')) void this._local.setScreen(false);
    this._turning = false;
    const sources = HELD.filter((source) => off.includes(source));
    if (sources.length || bound) this.emit('held', { sources, bound, by });
  }

  /**
   * This person wants to start a source, by a click.
   *
   * @param {Source} source
   * @returns {boolean} false: only a host can allow it
   */
  start(source) {
    const next = started(this.hosting, source);
    if (next) this.hosting = next;
    return next !== null;
  }

  /** @param {Source} source */
  seen(source) {
    return seen(this.hosting, source);
  }

  // About one person

  /**
   * @param {string} participant
   * @param {Held} source
   */
  hold(participant, source) {
    return this._send({ type: 'hold', participant, source });
  }

  /**
   * @param {string} participant
   * @param {Held} source
   */
  ask(participant, source) {
    return this._send({ type: 'ask', participant, source });
  }

  /** @param {string} participant */
  lowerHand(participant) {
    return this._send({ type: 'lower_hand', participant });
  }

  /**
   * @param {string} participant
   * @param {string} role
   */
  setRole(participant, role) {
    return this._send({ type: 'set_role', participant, role });
  }

  /**
   * @param {string} participant
   * @param {string} name
   */
  rename(participant, name) {
    return this._send({ type: 'rename', participant, name });
  }

  // About people who wait

  /** @param {string} [participant] none: everyone */
  admit(participant) {
    return this._send(participant ? { type: 'admit', participant } : { type: 'admit' });
  }

  /** @param {string} participant */
  refuse(participant) {
    return this._send({ type: 'refuse', participant });
  }

  // About the room

  /** @param {boolean} keep may they not unmute themselves? */
  muteAll(keep) {
    return this._send({ type: 'mute_all', keep });
  }

  letSpeak() {
    return this._send({ type: 'let_speak' });
  }

  /** @param {boolean} locked */
  lock(locked) {
    return this._send({ type: 'lock', locked });
  }

  endCall() {
    return this._send({ type: 'end_call' });
  }
}
