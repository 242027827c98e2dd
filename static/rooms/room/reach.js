// Does this network let calls through? Asks a worker for answers to ICE checks, over UDP and then
// over TCP. It is no call: no media is sent, and nothing is left afterwards.

import { within } from '../common/within.js';

/**
 * @typedef {'udp' | 'tcp' | 'blocked' | 'unknown'} Verdict `unknown`: it could not be checked
 * @typedef {{addresses: string[], ufrag: string, pwd: string}} Way to a worker: addresses with
 *   ports, and the ICE user and password for checks
 */

/** A check over UDP takes one round trip, but the first packets may be lost. Milliseconds. */
const UDP_WITHIN = 4000;

/** TCP and relays take several round trips. */
const OTHERS_WITHIN = 8000;

/** Nobody has its key: DTLS never begins. */
const FINGERPRINT = Array(32).fill('00').join(':');

/**
 * The worker's side of a data channel that is never opened.
 *
 * @param {string} offer
 * @param {Way} way
 * @param {('udp' | 'tcp')[]} transports
 */
export function answerTo(offer, way, transports) {
  const mid = /^a=mid:(\S+)/m.exec(offer)?.[1] ?? '0';
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    'a=ice-lite',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    `a=ice-ufrag:${way.ufrag}`,
    `a=ice-pwd:${way.pwd}`,
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=setup:active',
    'a=sctp-port:5000',
    ...transports.flatMap((transport) =>
      way.addresses.map((address, index) => candidate(address, transport, index)),
    ),
    'a=end-of-candidates',
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/**
 * @param {string} address with the port
 * @param {'udp' | 'tcp'} transport
 * @param {number} index the lower, the earlier it is tried
 */
function candidate(address, transport, index) {
  const colon = address.lastIndexOf(':');
  const [host, port] = [address.slice(0, colon), address.slice(colon + 1)];
  const priority = (transport === 'udp' ? 2_130_706_431 : 1_518_280_447) - index * 256;
  const passive = transport === 'tcp' ? ' tcptype passive' : '';
  const foundation = transport === 'udp' ? 2 * index + 1 : 2 * index + 2;
  const start = `a=candidate:${foundation} 1 ${transport} ${priority}`;
  return `${start} ${host} ${port} typ host${passive}`;
}

/**
 * How the packets of a connection leave this computer.
 *
 * @param {Iterable<any>} reports of getStats
 * @returns {'udp' | 'tcp'}
 */
export function leavesOver(reports) {
  const all = new Map([...reports].map((report) => [report.id, report]));
  const transport = [...all.values()].find(({ type }) => type === 'transport');
  const pair =
    all.get(transport?.selectedCandidatePairId) ??
    [...all.values()].find(({ type, state, nominated }) => {
      return type === 'candidate-pair' && nominated && state === 'succeeded';
    });
  const local = all.get(pair?.localCandidateId);
  const protocol = local?.candidateType === 'relay' ? local.relayProtocol : local?.protocol;
  return protocol === 'udp' ? 'udp' : 'tcp';
}

/**
 * @param {Way} way
 * @param {RTCIceServer[]} iceServers
 * @param {AbortSignal} signal
 * @returns {Promise<Verdict>} rejected if it is aborted
 */
export async function check(way, iceServers, signal) {
  if (await connects(way, ['udp'], [], UDP_WITHIN, signal)) return 'udp';
  // A relay may have a way over UDP all the same.
  return (await connects(way, ['tcp', 'udp'], iceServers, OTHERS_WITHIN, signal)) ?? 'blocked';
}

/**
 * @param {Way} way
 * @param {('udp' | 'tcp')[]} transports
 * @param {RTCIceServer[]} iceServers
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<'udp' | 'tcp' | null>} over what; null: no answer came
 */
async function connects(way, transports, iceServers, milliseconds, signal) {
  signal.throwIfAborted();
  const pc = new RTCPeerConnection({ iceServers });
  try {
    pc.createDataChannel('reach');
    await pc.setLocalDescription();
    const sdp = answerTo(pc.localDescription?.sdp ?? '', way, transports);
    await pc.setRemoteDescription({ type: 'answer', sdp });
    const connected = await within(settled(pc, signal), milliseconds).catch(late);
    return connected ? leavesOver((await pc.getStats()).values()) : null;
  } finally {
    pc.close();
  }
}

/** @param {unknown} error */
function late(error) {
  if (error instanceof DOMException && error.name === 'TimeoutError') return false;
  throw error;
}

/**
 * @param {RTCPeerConnection} pc
 * @param {AbortSignal} signal
 * @returns {Promise<boolean>} did an answer come?
 */
function settled(pc, signal) {
  return new Promise((resolve) => {
    const look = () => {
      const state = pc.iceConnectionState;
      if (state === 'connected' || state === 'completed') resolve(true);
      if (state === 'failed' || state === 'closed' || signal.aborted) resolve(false);
    };
    pc.oniceconnectionstatechange = look;
    signal.addEventListener('abort', look, { once: true });
    look();
  });
}
