import { Asking } from '../common/asking.js';
import { delay } from '../common/backoff.js';
import { ChatClient } from './chat_client.js';
import { Connection } from '../media/connection.js';
import { Emitter } from '../common/emitter.js';
import { SendLimits } from '../media/send_limits.js';
import { Questions } from './questions.js';
import { EMPTY, fromSnapshot, isRoomEvent, reduce } from './room_state.js';
import { SOURCES } from '../media/sending.js';
import { Signalling } from './signalling.js';
import { Subscriptions } from './subscriptions.js';

/** From asking for a room_state to having it. */
const STATE_WITHIN = { within: 5000, longest: 20_000 };

/** So many questions that nothing answers: the socket only looks open. */
const SILENT_AFTER = 3;

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
 * }} Events `problem` and `message` are words for people; `why` is a key for the end page;
 * `raised`: they may send from now on; `blocked`: never connected, more than once
 */

/** Refusals that the end page has words of its own for. */
const ENDS = new Map([
  ['refused:removed', 'removed'],
  ['refused:room_closed', 'closed'],
  ['refused:room_full', 'full'],
  ['refused:replaced', 'replaced'],
]);

/**
 * A call: signalling, the connection to the worker, what is known about the room. No page in it.
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
    this._config = config;
    this._local = local;
    this.publish = config.publish;
    this.role = config.role;
    this.room = EMPTY;
    this.over = false;
    /** @type {Connection | null} */
    this._connection = null;
    this._epoch = '';
    this._failures = 0;
    this._reached = false;
    this._fresh = false;
    this._timer = 0;
    /** @type {Set<string>} names of the codecs that this computer cannot afford */
    this._givenUp = new Set();
    this._signalling = new Signalling(config.ws, config.pass);
    this.chat = new ChatClient((message) => this._signalling.send(message));
    this._questions = new Questions((message) => {
      this._signalling.send(message);
      return this._signalling.connected;
    });
    this.subscriptions = new Subscriptions((slots) => this._tellSlots(slots));
    const pictures = {
      isOn: (/** @type {'camera' | 'screen'} */ source) => local.isOn(source),
      statistics: (/** @type {'camera' | 'screen'} */ source) => this.sentStatistics(source),
      relieve: (/** @type {'camera' | 'screen'} */ source) => this._relieve(source),
    };
    this.limits = new SendLimits(pictures, () => this.emit('changed', undefined));
    this._signalling.on('message', (message) => this._receive(message));
    this._state = new Asking((attempt) => this._askState(attempt), STATE_WITHIN);
    this._signalling.on('lost', () => this._lost());
    this._signalling.on('ended', ({ code, reason, message }) => this._refused(code, reason, message));
    local.on('changed', (source) => void this._publishSource(source));
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
    clearTimeout(this._timer);
    this.limits.stop();
    this._state.settle();
    this.chat.close();
    this._signalling.leave();
    const devices = { microphone: this._local.isOn('microphone'), camera: this._local.isOn('camera') };
    this._local.stop();
    this._connection?.close();
    this.subscriptions.use(null);
    this.emit('ended', { why, message, devices });
  }

  /**
   * The server lets this page in no more, or never did.
   *
   * @param {number} code of the close
   * @param {string} reason code of the error before it
   * @param {string} message its words
   */
  _refused(code, reason, message) {
    const why = ENDS.get(reason);
    if (why) return this._end(why, '');
    if (code === 4401) return this._end('pass', message);
    // Whoever was in the call has not failed to join.
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
        return void this._connection?.accept(message);
      case 'slot_bound':
        this.subscriptions.bound(message);
        return this.emit('changed', undefined);
      case 'slot_paused':
        this.subscriptions.paused(message);
        return this.emit('changed', undefined);
      case 'layers_wanted':
        return void this._connection?.want(message);
      case 'codecs_common':
        return void this._connection?.common(message);
      case 'chat_line':
        return this.chat.receive([message], false);
      case 'chat_lines':
        return this.chat.receive(message.lines, message.more);
      case 'link':
        return message.fresh ? this.emit('fresh_link', message.link ?? '') : this._questions.answered(message);
      case 'link_of':
        return this._questions.answered(message);
      default:
        return this._trouble(message);
    }
  }

  /** @param {ServerMessage} message what says that something did not go as it should */
  _trouble(message) {
    if (message.type === 'worker_lost') {
      this._state.expect();
      return this._dropConnection();
    }
    if (message.type === 'error') return this._error(message);
    if (message.type === 'removed') {
      // Not as a newcomer, who would take the call from another tab.
      if (message.why === 'timeout') return this._signalling.reopen();
      return this._end(message.why, '');
    }
    if (message.type === 'refused') {
      if (message.code === 'not_in_room') return this._signalling.reopen();
      if (message.code === 'room_full') return this._end('full', '');
      if (message.command === 'offer') this._failed();
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

  /** @param {{role: string, publish: boolean}} now what this person may do, by the server's word */
  _roleChanged({ role, publish }) {
    const before = { role: this.role, publish: this.publish };
    this.role = role;
    this.publish = publish;
    if (role === before.role && publish === before.publish) return;
    if (!publish) this._local.stop();
    this.emit('role', { role, publish, raised: publish && !before.publish });
    // A connection offers to send or it does not: what it was made for is not so any more.
    if (publish !== before.publish && this._connection) this._connect();
    this.emit('changed', undefined);
  }

  /** @param {import('../common/types.js').RoomStateEvent} event */
  _snapshot(event) {
    const before = this.room;
    this.room = fromSnapshot(event);
    this._state.settle();
    this._announce(before);
    // A socket that came back may have lost an answer with it: to the first offer, then the
    // connection starts over, or to a later one, then only that one is made again.
    const lost = this._fresh && !(event.resumed && this._connection?.negotiated);
    const kept = this._connection && !lost && event.epoch === this._epoch;
    if (!kept) this._connect();
    else this._repeat();
    if (kept && this._fresh) this._connection?.renew();
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
    for (const [id, person] of this.room.people) if (!before.people.has(id)) this.emit('joined', person);
    for (const [id, person] of before.people) if (!this.room.people.has(id)) this.emit('left', person);
  }

  // The connection to the worker: joining and recovering are the same code.

  _connect() {
    this._dropConnection();
    const { ice_servers: iceServers } = this._config;
    const connection = new Connection({ iceServers, publish: this.publish, givenUp: this._givenUp, ...this.subscriptions.size });
    this._connection = connection;
    this._epoch = this.room.epoch;
    connection.on('offer', (offer) => this._signalling.send({ type: 'offer', ...offer }));
    connection.on('answered', () => this._repeat());
    connection.on('unanswered', (offers) => {
      if (offers >= SILENT_AFTER && this._signalling.connected) this._signalling.reopen();
    });
    connection.on('failed', () => this._failed());
    connection.on('connected', () => {
      this._failures = 0;
      this._reached = true;
      this.emit('media', 'connected');
    });
    this.subscriptions.use(connection);
    for (const source of SOURCES) void connection.send(source, this._local.track(source), this._quality(source));
    connection.negotiate();
  }

  _dropConnection() {
    clearTimeout(this._timer);
    this._connection?.close();
    this._connection = null;
    this.subscriptions.use(null);
    this.emit('media', 'connecting');
  }

  _failed() {
    this._dropConnection();
    this.emit('media', this._reached || this._failures === 0 ? 'failed' : 'blocked');
    // Without a socket the next room_state starts the connection.
    this._timer = setTimeout(() => {
      if (this._signalling.connected && !this._connection) this._state.begin();
    }, delay(this._failures, Math.random()));
    this._failures += 1;
  }

  /** Tell the worker again what it must know of this page. */
  _repeat() {
    if (!this._connection?.negotiated) return;
    if (this.publish) for (const source of SOURCES) this._tellMuted(source);
    this.subscriptions.flush({ all: true });
    this.emit('changed', undefined);
  }

  /** @param {import('../common/types.js').Source} source */
  async _publishSource(source) {
    this.emit('changed', undefined);
    if (this.over || !this.publish) {
      // A device that starts when the call is over, or its person has just lost the right to send.
      if (this._local.track(source)) this._local.put(source, null);
      return;
    }
    await this._connection?.send(source, this._local.track(source), this._quality(source));
    if (this._connection?.negotiated) this._tellMuted(source);
  }

  /**
   * What getStats says of a picture that this page sends.
   *
   * @param {'camera' | 'screen'} source
   */
  async sentStatistics(source) {
    return this._connection?.statistics(source);
  }

  /**
   * This computer has been at its limit for a while: send the picture in a cheaper codec, for the rest of the call.
   *
   * @param {'camera' | 'screen'} source
   * @returns {Promise<boolean>} false: there is none
   */
  async _relieve(source) {
    return (await this._connection?.relieve(source)) ?? false;
  }

  /**
   * @param {import('../common/types.js').Source} source
   * @returns {import('../media/encodings.js').Quality}
   */
  _quality(source) {
    return { mode: this._local.mode(source), ceiling: this._config.max_bitrate };
  }

  /** @param {import('../common/types.js').Source} source */
  _tellMuted(source) {
    this._signalling.send({ type: 'mute', source, muted: !this._local.isOn(source) });
  }

  /**
   * Ask the server something that one message answers.
   *
   * @template {'link' | 'link_of'} T
   * @param {{type: T} & Record<string, unknown>} question
   */
  ask(question) {
    return this._questions.ask(question);
  }

  /**
   * Have somebody else removed for good; it is heard of as of somebody who leaves.
   *
   * @param {string} participant
   * @param {boolean} stopLink let nobody new in by the link that they came by
   * @returns {boolean} false: the server cannot be told now
   */
  remove(participant, stopLink) {
    this._signalling.send({ type: 'remove', participant, stop_link: stopLink });
    return this._signalling.connected;
  }

  /** @param {import('../common/types.js').SlotRequest[]} slots */
  _tellSlots(slots) {
    this._signalling.send({ type: 'slots', slots });
    return this._signalling.connected;
  }
}
