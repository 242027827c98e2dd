import { Asking } from '../common/asking.js';
import { Emitter } from '../common/emitter.js';
import { ChatClient } from './chat_client.js';
import { MediaLink } from './media_link.js';
import { Questions } from './questions.js';
import { EMPTY, fromSnapshot, isRoomEvent, reduce } from './room_state.js';
import { Signalling, SILENT_AFTER } from './signalling.js';

/** From asking for a room_state to its arrival. */
const STATE_WITHIN = { within: 5000, longest: 20_000 };

/**
 * @typedef {import('../common/types.js').Person} Person
 * @typedef {import('../common/types.js').ServerMessage} ServerMessage
 * @typedef {{
 *   changed: void,
 *   joined: Person,
 *   left: Person,
 *   socket: boolean,
 *   media: 'connecting' | 'connected' | 'failed' | 'blocked',
 *   role: {role: string, publish: boolean, raised: boolean},
 *   fresh_link: string,
 *   problem: string,
 *   ended: {why: string, message: string, devices: {microphone: boolean, camera: boolean}},
 * }} Events `problem` and `message` are texts for people; `why` is a key for the end page;
 *   `raised`: this person may send from now on; `blocked`: failed more than once, never connected
 */

/** Refusals for which the end page has its own text. */
const ENDS = new Map([
  ['refused:removed', 'removed'],
  ['refused:room_closed', 'closed'],
  ['refused:room_full', 'full'],
  ['refused:replaced', 'replaced'],
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
    this.room = EMPTY;
    this.over = false;
    this._fresh = false;
    this._signalling = new Signalling(config.ws, config.pass);
    this.chat = new ChatClient((message) => this._signalling.send(message));
    this._questions = new Questions((message) => this._signalling.send(message));
    this._media = new MediaLink(config, local, this._signalling);
    this.subscriptions = this._media.subscriptions;
    this.limits = this._media.limits;
    this._media.on('media', (state) => this.emit('media', state));
    this._media.on('changed', () => this.emit('changed', undefined));
    this._media.on('needed', () => this._state.begin());
    this._signalling.on('message', (message) => this._receive(message));
    this._state = new Asking((attempt) => this._askState(attempt), STATE_WITHIN);
    this._signalling.on('lost', () => this._lost());
    this._signalling.on('ended', (end) => this._refused(end));
  }

  /** @param {string} name */
  join(name) {
    this.emit('media', 'connecting');
    this.limits.start();
    this._signalling.join(name);
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
    this._state.settle();
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
    this._end(this.room.epoch ? 'out' : 'refused', message);
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
        this.subscriptions.bound(message);
        return this.emit('changed', undefined);
      case 'slot_paused':
        this.subscriptions.paused(message);
        return this.emit('changed', undefined);
      case 'layers_wanted':
        return this._media.want(message);
      case 'codecs_common':
        return this._media.common(message);
      case 'chat_line':
        return this.chat.receive([message], false);
      case 'chat_lines':
        return this.chat.receive(message.lines, message.more);
      case 'link':
        if (!message.fresh) return this._questions.answered(message);
        return this.emit('fresh_link', message.link ?? '');
      case 'link_of':
        return this._questions.answered(message);
      default:
        return this._trouble(message);
    }
  }

  /** @param {ServerMessage} message that something went wrong */
  _trouble(message) {
    if (message.type === 'worker_lost') {
      this._state.expect();
      return this._media.drop();
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
      if (message.command === 'offer') this._media.failed();
    }
  }

  /** @param {import('../common/types.js').ErrorEvent} error */
  _error({ code, message, nonce }) {
    if (nonce) this.chat.refused(nonce, code, message);
    else this.emit('problem', message);
  }

  /** @param {import('../common/types.js').Welcome} message */
  _welcome(message) {
    this._fresh = true;
    this._state.expect();
    this.emit('socket', true);
    this._roleChanged(message);
    this.chat.connected(message.chat_number);
  }

  _lost() {
    this._state.settle();
    this._questions.lost();
    this.emit('socket', false);
  }

  /** @param {number} attempt */
  _askState(attempt) {
    if (attempt < SILENT_AFTER) this._signalling.send({ type: 'snapshot' });
    else this._signalling.reopen();
  }

  /** @param {{role: string, publish: boolean}} now what the server lets this person do */
  _roleChanged({ role, publish }) {
    const before = this.role;
    const could = this._media.publish;
    if (role === before && publish === could) return;
    this.role = role;
    this._media.allow(publish);
    this.emit('role', { role, publish, raised: publish && !could });
    this.emit('changed', undefined);
  }

  /** @param {import('../common/types.js').RoomStateEvent} event */
  _snapshot(event) {
    const before = this.room;
    this.room = fromSnapshot(event);
    this._state.settle();
    this._announce(before);
    // The old socket may have lost an answer. If it was to the first offer, the connection starts
    // over. If it was to a later one, only that offer is repeated.
    const lost = this._fresh && !(event.resumed && this._media.negotiated);
    const kept = !lost && this._media.isIn(event.epoch);
    if (kept) this._media.repeat();
    else this._media.connect(event.epoch);
    if (kept && this._fresh) this._media.renew();
    this._fresh = false;
    this.emit('changed', undefined);
  }

  /** @param {import('../common/types.js').RoomEvent} event */
  _roomEvent(event) {
    const before = this.room;
    const { state, gap } = reduce(before, event);
    if (gap) {
      if (!this._state.open && before.epoch) this._state.begin();
      return;
    }
    this.room = state;
    this._announce(before);
    this.emit('changed', undefined);
  }

  /** @param {import('./room_state.js').RoomState} before */
  _announce(before) {
    if (!before.epoch) return;
    const { people } = this.room;
    for (const [id, person] of people) if (!before.people.has(id)) this.emit('joined', person);
    for (const [id, person] of before.people) if (!people.has(id)) this.emit('left', person);
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
   * @template {'link' | 'link_of'} T
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
}
