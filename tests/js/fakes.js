// The parts of a browser that a call needs and Node lacks.

import { mock } from 'node:test';

/** Let everything run that does not wait for a timer. */
export const settled = async () => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
};

/** A clock that only `wait` moves, for timers and for `performance.now`. */
export function installClock() {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  mock.method(performance, 'now', () => Date.now());
}

/**
 * Let time pass.
 *
 * @param {number} milliseconds
 */
export async function wait(milliseconds) {
  for (let left = milliseconds; left > 0; left -= 50) {
    mock.timers.tick(Math.min(50, left));
    await settled();
  }
}

class FakeTransceiver {
  constructor(mid) {
    this.mid = mid;
    this.currentDirection = null;
    this.sender = {
      track: null,
      replaceTrack: async (track) => (this.sender.track = track),
      getStats: async () => new Map(),
    };
    this.receiver = { track: { id: `track${mid}` } };
  }
}

/** `FakePeerConnection.all` has every one that was made. */
export class FakePeerConnection {
  static all = [];

  constructor() {
    this.number = FakePeerConnection.all.push(this);
    this.transceivers = [];
    this.connectionState = 'new';
    this.signalingState = 'stable';
    this.closed = false;
    this.offers = 0;
  }

  addTransceiver() {
    this.transceivers.push(new FakeTransceiver(String(this.transceivers.length)));
    return this.transceivers.at(-1);
  }

  getTransceivers() {
    return this.transceivers;
  }

  /** What has arrived, by mid: `video` or `audio`. */
  arrived = new Map();

  async getStats() {
    const entries = [...this.arrived].map(([mid, kind]) => [
      mid, { type: 'inbound-rtp', mid, kind, framesDecoded: 1, packetsReceived: 1 },
    ]);
    return new Map(entries);
  }

  async createOffer() {
    if (this.refuses) throw new Error('no offer');
    return { type: 'offer', sdp: `offer ${++this.offers} of ${this.number}\r\n` };
  }

  async setLocalDescription(description) {
    this.localDescription = description;
    this.signalingState = 'have-local-offer';
    this.offered = this.transceivers.length;
  }

  async setRemoteDescription() {
    if (this.signalingState !== 'have-local-offer') throw new Error('no offer is open');
    this.signalingState = 'stable';
    for (const transceiver of this.transceivers.slice(0, this.offered)) {
      transceiver.currentDirection = 'recvonly';
    }
  }

  become(state) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close() {
    this.closed = true;
  }
}

/** `FakeSocket.all` has every one that was made, and `sent` the page's messages. */
export class FakeSocket {
  static OPEN = 1;
  static all = [];

  constructor() {
    FakeSocket.all.push(this);
    this.readyState = 0;
    this.sent = [];
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  /** Like a dead socket, it gets no answer to its close. */
  close() {
    this.readyState = 2;
  }

  open() {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  tell(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  of(type) {
    return this.sent.filter((message) => message.type === type);
  }
}

export function installFakes() {
  FakePeerConnection.all = [];
  FakeSocket.all = [];
  Object.assign(globalThis, { RTCPeerConnection: FakePeerConnection, WebSocket: FakeSocket });
  globalThis.RTCRtpSender ??= {};
  globalThis.RTCRtpReceiver ??= {};
  globalThis.addEventListener ??= () => {};
  globalThis.removeEventListener ??= () => {};
}

/** What the server says first to someone who joins. */
export const WELCOME = {
  type: 'welcome',
  participant: 'p1',
  resume: 'again',
  role: 'guest',
  publish: false,
  chat_number: 0,
};

/** The room as its worker sees it, with Ann in it. */
export const state = (more = {}) => ({
  type: 'room_state',
  room: 'r',
  epoch: 'e1',
  n: 0,
  you: 'p1',
  people: [{ id: 'p1', name: 'Ann', role: 'guest', stream: false }],
  tracks: [],
  speakers: [],
  resumed: false,
  ...more,
});
