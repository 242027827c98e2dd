// A web side with workers, over a network that loses, doubles and delays messages.

import { FakePeerConnection, FakeSocket, WELCOME, state } from './fakes.js';

/**
 * Numbers from 0 to 1, always the same ones for a seed (mulberry32).
 *
 * @param {number} seed
 */
export function dice(seed) {
  let now = seed;
  return () => {
    now = (now + 0x6d2b79f5) | 0;
    let mixed = Math.imul(now ^ (now >>> 15), 1 | now);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What one worker knows of the page. It publishes the tracks of two others. */
class Worker {
  /**
   * @param {string} epoch
   * @param {(message: object) => void} tell
   */
  constructor(epoch, tell) {
    this.epoch = epoch;
    this.n = 0;
    this._tell = tell;
    this._peer = 0;
    this.slots = new Map();
    this.tracks = new Map(
      ['p2:camera', 'p2:microphone', 'p3:camera', 'p3:microphone'].map((id) => [
        id, { id, participant: id.split(':')[0], source: id.split(':')[1], muted: false },
      ]),
    );
  }

  get resumed() {
    return this._peer > 0;
  }

  state() {
    const people = ['p1', 'p2', 'p3'].map((id) => ({ ...state().people[0], id, name: id }));
    const tracks = [...this.tracks.values()];
    return state({ epoch: this.epoch, n: this.n, people, tracks, resumed: this.resumed });
  }

  snapshot() {
    this._tell(this.state());
    for (const mid of this.slots.keys()) this._tellSlot(mid);
  }

  offer({ id, sdp, tracks, muted }) {
    const number = Number(sdp.match(/of (\d+)/)[1]);
    if (number !== this._peer) this._replace(number);
    this._tell({ type: 'answer', id, sdp: '', ice_session: '' });
    for (const source of Object.values(tracks)) this._publish(source, muted.includes(source));
    const peer = FakePeerConnection.all[number - 1];
    if (peer.connectionState === 'new') setTimeout(() => peer.closed || this._connect(peer), 300);
  }

  /** A late offer may be of a connection that the page has given up. */
  _replace(number) {
    const before = FakePeerConnection.all[this._peer - 1];
    this.slots.clear();
    this._peer = number;
    if (before && !before.closed) setTimeout(() => before.closed || before.become('failed'), 300);
  }

  _connect(peer) {
    // Without an answer the browser knows nobody to connect with.
    if (peer.signalingState !== 'stable') setTimeout(() => peer.closed || this._connect(peer), 300);
    else if (peer.connectionState === 'new') peer.become('connected');
  }

  _publish(source, muted) {
    const id = `p1:${source}`;
    if (this.tracks.has(id)) return;
    const track = { id, participant: 'p1', source, muted };
    this.tracks.set(id, track);
    this._event({ type: 'track_published', track });
  }

  slots_({ slots }) {
    if (!this._peer) return;
    for (const request of slots) {
      this.slots.set(request.mid, request);
      this._tellSlot(request.mid);
    }
  }

  _tellSlot(mid) {
    const { track } = this.slots.get(mid);
    if (track) this._tell({ type: 'slot_bound', mid, track, layer: '', limit: '' });
    else this._tell({ type: 'slot_paused', mid, track: '', why: 'unwanted' });
    FakePeerConnection.all[this._peer - 1].arrived.set(mid, track?.includes('cam') ? 'video' : '');
  }

  mute({ source, muted }) {
    const track = this.tracks.get(`p1:${source}`);
    if (!track || track.muted === muted) return;
    this.tracks.set(track.id, { ...track, muted });
    this._event({ type: 'track_muted', track: track.id, muted });
  }

  _event(body) {
    this.n += 1;
    this._tell({ ...body, epoch: this.epoch, n: this.n });
  }

  hear(message) {
    if (message.type === 'snapshot') this.snapshot();
    if (message.type === 'offer') this.offer(message);
    if (message.type === 'slots') this.slots_(message);
    if (message.type === 'mute') this.mute(message);
  }
}

/** The web side: it passes messages on, as well as the network lets it. */
export class World {
  /** @param {() => number} random */
  constructor(random) {
    this._random = random;
    this.stormy = true;
    this._epochs = 0;
    this._heard = new Map();
    this.move();
  }

  /** The room gets another worker. */
  move() {
    this._epochs += 1;
    const epoch = `e${this._epochs}`;
    const worker = new Worker(epoch, (message) => {
      this._carry(() => this.worker === worker && this._deliver(message));
    });
    this.worker = worker;
    if (this._epochs > 1) this._confirm();
  }

  /** The seat goes on until the page has a room_state of the worker. */
  _confirm() {
    const { worker } = this;
    let confirmed = false;
    const again = () => {
      if (this.worker !== worker || confirmed) return;
      this._carry(() => {
        confirmed = true;
        this._deliver(worker.state());
      });
      setTimeout(again, 2000);
    };
    again();
  }

  /** A false alarm, or a real one: the page hears of it, and then of the room. */
  alarm() {
    this._deliver({ type: 'worker_lost' });
    this._confirm();
  }

  cut() {
    const socket = FakeSocket.all.at(-1);
    socket.readyState = 3;
    socket.onclose?.({ code: 1006 });
  }

  /** Take in what the page has said, and let a page in that asks. */
  turn() {
    const socket = FakeSocket.all.at(-1);
    if (socket.readyState === 0) socket.open();
    const done = this._heard.get(socket) ?? 0;
    this._heard.set(socket, socket.sent.length);
    for (const message of socket.sent.slice(done)) {
      if (message.type === 'join') {
        socket.tell({ ...WELCOME, publish: true });
        this._confirm();
      } else {
        this._carry(() => this.worker.hear(message));
      }
    }
  }

  /** @param {object} message */
  _deliver(message) {
    const socket = FakeSocket.all.at(-1);
    if (socket.readyState === FakeSocket.OPEN) socket.tell(message);
  }

  /** @param {() => void} arrive */
  _carry(arrive) {
    if (!this.stormy) return arrive();
    if (this._random() < 0.25) return; // lost
    const copies = this._random() < 0.15 ? 2 : 1;
    for (let i = 0; i < copies; i += 1) {
      if (this._random() < 0.5) arrive();
      else setTimeout(arrive, this._random() * 3000);
    }
  }
}
