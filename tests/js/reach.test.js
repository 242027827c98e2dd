import assert from 'node:assert/strict';
import { test } from 'node:test';

import { answerTo, check, leavesOver } from '../../static/rooms/room/reach.js';

const WAY = { addresses: ['192.0.2.1:40000', '2001:db8::1:40000'], ufrag: 'user', pwd: 'secret' };

const OFFER = 'v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:zero\r\n';

/** The candidates in an answer. */
function candidates(sdp) {
  return [...sdp.matchAll(/^a=candidate:(.*)$/gm)].map(([, line]) => line.trim());
}

test('the answer has the mid of the offer and the user and password of the worker', () => {
  const sdp = answerTo(OFFER, WAY, ['udp']);
  for (const line of ['a=mid:zero', 'a=ice-ufrag:user', 'a=ice-pwd:secret', 'a=ice-lite']) {
    assert.ok(sdp.includes(`${line}\r\n`), line);
  }
});

test('addresses are candidates of the transports that are asked for, the first one first', () => {
  assert.deepEqual(candidates(answerTo(OFFER, WAY, ['udp'])), [
    '1 1 udp 2130706431 192.0.2.1 40000 typ host',
    '3 1 udp 2130706175 2001:db8::1 40000 typ host',
  ]);
  assert.deepEqual(candidates(answerTo(OFFER, WAY, ['tcp'])), [
    '2 1 tcp 1518280447 192.0.2.1 40000 typ host tcptype passive',
    '4 1 tcp 1518280191 2001:db8::1 40000 typ host tcptype passive',
  ]);
});

/** Reports of a connection whose packets leave from this candidate. */
function reports(local, transport = { selectedCandidatePairId: 'pair' }) {
  return [
    { id: 'transport', type: 'transport', ...transport },
    { id: 'other', type: 'candidate-pair', state: 'failed', localCandidateId: 'none' },
    {
      id: 'pair',
      type: 'candidate-pair',
      state: 'succeeded',
      nominated: true,
      localCandidateId: 'local',
    },
    { id: 'local', type: 'local-candidate', ...local },
  ];
}

test('a connection leaves over UDP, TCP, or what leads to the relay', () => {
  assert.equal(leavesOver(reports({ candidateType: 'host', protocol: 'udp' })), 'udp');
  assert.equal(leavesOver(reports({ candidateType: 'host', protocol: 'tcp' })), 'tcp');
  const relay = { candidateType: 'relay', protocol: 'udp' };
  assert.equal(leavesOver(reports({ ...relay, relayProtocol: 'udp' })), 'udp');
  assert.equal(leavesOver(reports({ ...relay, relayProtocol: 'tls' })), 'tcp');
  // Firefox names no selected pair.
  assert.equal(leavesOver(reports({ candidateType: 'host', protocol: 'udp' }, {})), 'udp');
});

/** Connections that get answers over these transports. */
function network(...open) {
  const made = [];
  globalThis.RTCPeerConnection = class {
    constructor({ iceServers }) {
      this.iceServers = iceServers;
      this.iceConnectionState = 'new';
      this.localDescription = { sdp: OFFER };
      this.closed = false;
      made.push(this);
    }

    createDataChannel() {}

    async setLocalDescription() {}

    async setRemoteDescription({ sdp }) {
      this.over = open.find((transport) => sdp.includes(` ${transport} `));
      this.iceConnectionState = this.over ? 'connected' : 'failed';
    }

    async getStats() {
      return new Map(reports({ candidateType: 'host', protocol: this.over }).map((r) => [r.id, r]));
    }

    close() {
      this.closed = true;
    }
  };
  return made;
}

test('what gets an answer decides, and every connection is closed', async () => {
  const { signal } = new AbortController();
  const servers = [{ urls: 'turn:relay.test' }];
  for (const [open, verdict, count] of [
    [['udp', 'tcp'], 'udp', 1],
    [['tcp'], 'tcp', 2],
    [[], 'blocked', 2],
  ]) {
    const made = network(...open);
    assert.equal(await check(WAY, servers, signal), verdict);
    assert.equal(made.length, count);
    assert.ok(made.every(({ closed }) => closed));
    // The way without a relay comes first.
    assert.deepEqual(made[0].iceServers, []);
    if (made[1]) assert.deepEqual(made[1].iceServers, servers);
  }
});

test('the call begins: nothing more is tried', async () => {
  const made = network();
  const ended = new AbortController();
  ended.abort();
  await assert.rejects(check(WAY, [], ended.signal), { name: 'AbortError' });
  assert.equal(made.length, 0);
});
