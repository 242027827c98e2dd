import { Emitter } from '../common/emitter.js';
import { ChatClient } from './chat/chat_client.js';
import { MediaLink } from './media_link.js';
import { Questions } from './questions.js';
import { condition } from './condition.js';
import { Following } from './following.js';
import { Host } from './hosts/host.js';
import { isKind } from './state/reactions.js';
import { isRoomEvent } from './state/room_state.js';
import { Signalling } from './signalling.js';

/** Errors that are a condition of the call, and no answer to anything that someone did. */
const CONDITIONS = new Set(['crowded', 'busy', 'unavailable', 'late']);

/**
 * @typedef {import('../common/types.js').Person} Person
 * @typedef {import('../common/types.js').ServerMessage} ServerMessage
 * @typedef {{
 *   changed: void,
 *   joined: Person,
 *   left: Person,
 *   hand: Person,
 *   reaction: {person: Person, kind: import('./state/reactions.js').Kind},
 *   condition: import('./condition.js').Condition,
 *   role: {role: string, publish: boolean, raised: boolean, by: string},
 *   fresh_link: string,
 *   notes_changed: void,
 *   problem: string,
 *   ended: {why: string, message: string, devices: {microphone: boolean, camera: boolean}},
 * }} Events `problem` and `message` are texts for people; `why` is a key for the end page;
 *   `raised`: this person may send from now on; `condition`: only when it has changed
 */

/** Refusals for which the end page has its own text. */
const ENDS = new Map([
  ['refused:removed', 'removed'],
  ['refused:room_closed', 'closed'],
  ['refused:room_full', 'full'],
  ['refused:replaced', 'replaced'],
  ['refused:not_admitted', 'not_admitted'],
  ['refused:call_ended', 'call_ended'],
]);

/**
 * A call: the server's messages, what is known about the room, and how it ends. It does not touch
 * the document.
 *
 * @extends {Emitter<Events>}
 */
export class Call extends Emitter {
  /**
   * @param {import('../common/types.js').Config} config
   * @param {import('../media/local_media.js').LocalMedia} local
   */
  constructor(config, local) {
    super();
    this._local = local;
    this.role = config.role;
    /** The id of this page's person, once a worker has let them in. */
    this.you = '';
    this._name = '';
    this.over = false;
    /** Does this person want their hand to be up? */
    this.hand = false;
    this._socket = true;
    this._refusal = '';
    this._workerLost = false;
    /** @type {'' | 'waiting' | 'waiting_alone'} */
    this._waiting = '';
    /** @type {import('./condition.js').Condition} */
    this._condition = '';
    this._signalling = new Signalling(config.ws, config.pass);
    this.chat = new ChatClient((message) => this._signalling.send(message));
    this._questions = new Questions((message) => this._signalling.send(message));
    this.host = new Host(local, (message) => this._signalling.send(message));
    const seen = (/** @type {import('../common/types.js').Source} */ of) => this.host.seen(of);
    this._media = new MediaLink(config, local, this._signalling, seen);
    this.subscriptions = this._media.subscriptions;
    this.limits = this._media.limits;
    this._following = new Following(this._signalling);
    for (const event of /** @type {const} */ (['joined', 'left', 'hand'])) {
      this._following.on(event, (person) => this.emit(event, person));
    }
    this._following.on('shown', () => this._changed());
    this._media.on('changed', () => this._changed());
    this._media.on('needed', () => this._following.ask());
    this._signalling.on('message', (message) => this._receive(message));
    this._signalling.on('lost', ({ reason }) => this._lost(reason));
    this._signalling.on('ended', (end) => this._refused(end));
  }

  /** @param {string} name */
  join(name) {
    this._name = name;
    this._media.start();
    this._signalling.join(name);
  }

  /** This person's name, as the others read it. */
  get name() {
    return this.room.people.get(this.you)?.name ?? this._name;
  }

  /** Has this page been in the call? */
  get entered() {
    return this._following.entered;
  }

  /** The room as it is shown. */
  get room() {
    return this._following.room;
  }

  /** Does media flow? */
  get connected() {
    return this._media.alive;
  }

  _changed() {
    if (this.over) return;
    const { alive, moving, failures, reached } = this._media;
    const { entered, _socket: socket, _refusal: refusal, _waiting: waiting } = this;
    const lost = this._workerLost || moving;
    const now = condition({
      entered, socket, refusal, waiting, moving: lost, alive, failures, reached,
    });
    this.emit('changed', undefined);
    if (now === this._condition) return;
    this._condition = now;
    this.emit('condition', now);
  }

  /** @param {boolean} raised */
  setHand(raised) {
    this.hand = raised;
    this._askHand();
    this._changed();
  }

  /** Nothing is queued: after a reconnect the room says whether the hand is up. */
  _askHand() {
    const { people, you } = this._following.said;
    const { hand = 0 } = people.get(you) ?? {};
    if (hand > 0 !== this.hand) this._signalling.send({ type: 'hand', raised: this.hand });
  }

  leave() {
    this._end('left', '');
  }

  /**
   * @param {string} why
   * @param {string} message
   */
  _end(why, message) {
    if (this.over) return;
    this.over = true;
    this._following.close();
    this.chat.close();
    this._signalling.leave();
    const [microphone, camera] = [this._local.isOn('microphone'), this._local.isOn('camera')];
    this._media.close();
    this.emit('ended', { why, message, devices: { microphone, camera } });
  }

  /**
   * The server does not let this page in, or no longer.
   *
   * @param {{code: number, reason: string, message: string}} end `code`: of the close; `reason` and
   *   `message`: code and text of the error before it
   */
  _refused({ code, reason, message }) {
    const why = ENDS.get(reason);
    if (why) return this._end(why, '');
    if (code === 4401) return this._end('pass', message);
    // After a room_state this page was in the call, so it did not fail to join.
    this._end(this.entered ? 'out' : 'refused', message);
  }

  /** @param {ServerMessage} message */
  _receive(message) {
    if (this.over) return;
    if (isRoomEvent(message)) return this._roomEvent(message);
    switch (message.type) {
      case 'welcome':
        return this._welcome(message);
      case 'room_state':
        return this._snapshot(message);
      case 'role':
        return this._roleChanged(message);
      case 'answer':
        return this._media.accept(message);
      case 'slot_bound':
        return this._media.bound(message);
      case 'slot_paused':
        return this._media.paused(message);
      case 'layers_wanted':
        return this._media.want(message);
      case 'codecs_common':
        return this._media.common(message);
      case 'reaction':
        return this._reacted(message);
      case 'chat_line':
        return this.chat.line(message);
      case 'chat_lines':
        return this.chat.lines(message);
      case 'link':
        if (!message.fresh) return this._questions.answered(message);
        return this.emit('fresh_link', message.link ?? '');
      case 'notes_changed':
        return this.emit('notes_changed', undefined);
      case 'notes_link':
      case 'link_of':
        return this._questions.answered(message);
      default:
        return this._hosted(message) || this._trouble(message);
    }
  }

  /** @param {import('../common/types.js').Reaction} message */
  _reacted({ participant, kind }) {
    const person = this.room.people.get(participant);
    // A newer server may know more kinds.
    if (person && isKind(kind)) this.emit('reaction', { person, kind });
  }

  /** @param {import('./state/reactions.js').Kind} kind */
  react(kind) {
    this._signalling.send({ type: 'reaction', kind });
  }

  /**
   * @param {ServerMessage} message
   * @returns {boolean} is it about what hosts do?
   */
  _hosted(message) {
    if (message.type === 'held' || message.type === 'room_settings') this.host.hear(message);
    else if (message.type === 'waiting_list') this.host.hear(message);
    else if (message.type === 'asked') this.host.emit('asked', message);
    else if (message.type === 'hand_lowered') this._lowered(message.by);
    else if (message.type === 'waiting') this._waits(message.host);
    else return false;
    this._changed();
    return true;
  }

  /**
   * A host has lowered this person's hand, for good.
   *
   * @param {string} by
   */
  _lowered(by) {
    this.hand = false;
    this.host.emit('hand_lowered', { by });
  }

  /** @param {boolean} host is one in the call? */
  _waits(host) {
    this._socket = true;
    this._refusal = '';
    this._waiting = host ? 'waiting' : 'waiting_alone';
  }

  /** @param {ServerMessage} message that something went wrong */
  _trouble(message) {
    if (message.type === 'worker_lost') {
      // The connection may be well, and the alarm a false one. The next room_state says.
      this._workerLost = true;
      this._media.doubt();
      this._following.expect();
      return this._changed();
    }
    if (message.type === 'error') return this._error(message);
    if (message.type === 'removed') {
      // Resume instead of joining anew, which would take the call from another tab.
      if (message.why === 'timeout') return this._signalling.reopen();
      return this._end(message.why, '');
    }
    if (message.type === 'refused') {
      if (message.code === 'not_in_room') return this._signalling.reopen();
      if (message.code === 'room_full') return this._end('full', '');
      if (message.command === 'offer') this._media.refused();
    }
  }

  /** @param {import('../common/types.js').ErrorEvent} error */
  _error({ code, message, nonce, number }) {
    if (nonce) return this.chat.refused(nonce, code, message);
    if (number !== undefined) return this.chat.changeRefused(number, code, message);
    const passing = CONDITIONS.has(code);
    if (!passing || (code === 'busy' && this._signalling.connected)) {
      return this.emit('problem', message);
    }
    // The server did not reach the worker. Ask until it does.
    if (!this._signalling.connected) return;
    this._socket = false;
    this._following.ask();
    this._changed();
  }

  /** @param {import('../common/types.js').Welcome} message */
  _welcome(message) {
    this._socket = true;
    this._refusal = '';
    this._waiting = '';
    this._following.expect();
    this.you = message.participant;
    this._roleChanged(message);
    this.host.hear(message);
    this.chat.connected(message.chat_number, message.chat_change);
    this._changed();
  }

  /** @param {string} reason code of the error before it, or '' */
  _lost(reason) {
    this._socket = false;
    this._refusal = reason;
    this._following.pause();
    this._media.doubt();
    this._questions.lost();
    this._changed();
  }

  /**
   * @param {{role: string, publish: boolean, by?: string}} now what the server lets them do
   */
  _roleChanged({ role, publish, by = '' }) {
    const before = this.role;
    const could = this._media.publish;
    if (role === before && publish === could) return;
    this.role = role;
    this._media.allow(publish);
    this.emit('role', { role, publish, raised: publish && !could, by });
    this._changed();
  }

  /** @param {import('../common/types.js').RoomStateEvent} event */
  _snapshot(event) {
    if (!this._following.snapshot(event)) return;
    this._socket = true;
    this._workerLost = false;
    this._media.follow(this._following.said, event.resumed);
    this._askHand();
    this._changed();
  }

  /** @param {import('../common/types.js').RoomEvent} event */
  _roomEvent(event) {
    if (!this._following.event(event)) return;
    this._media.heard(this._following.said);
    this._changed();
  }

  /**
   * What getStats says about a video that this page sends.
   *
   * @param {'camera' | 'screen'} source
   */
  async sentStatistics(source) {
    return this._media.sentStatistics(source);
  }

  /**
   * Ask the server a question that one message answers.
   *
   * @template {'link' | 'link_of' | 'notes_link'} T
   * @param {{type: T} & Record<string, unknown>} question
   */
  ask(question) {
    return this._questions.ask(question);
  }

  /**
   * Have someone removed for good. The server announces it as it announces that someone leaves.
   *
   * @param {string} participant
   * @param {boolean} stopLink also stop the link that they joined with
   * @returns {boolean} false: the server cannot be told now
   */
  remove(participant, stopLink) {
    return this._signalling.send({ type: 'remove', participant, stop_link: stopLink });
  }

  /**
   * End the notes links that were handed out.
   *
   * @returns {boolean} false: the server cannot be told now
   */
  renewNotes() {
    return this._signalling.send({ type: 'renew_notes' });
  }
}
