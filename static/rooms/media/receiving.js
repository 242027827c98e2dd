// How others' tracks are received: the recvonly part of an offer.

/** @typedef {{mimeType: string, sdpFmtpLine?: string}} Codec */

/**
 * Can this codec arrive at all? Each profile that is offered takes half a kilobyte in every slot, so what the worker does
 * not forward, and H264 profiles that decoders take under the name of constrained baseline, are left out.
 *
 * @param {Codec} codec
 */
export function mayArrive({ mimeType, sdpFmtpLine = '' }) {
  switch (mimeType.toLowerCase()) {
    case 'audio/opus':
    case 'audio/red':
    case 'video/vp8':
    case 'video/rtx':
      return true;
    case 'video/vp9':
      return /profile-id=0|^((?!profile-id).)*$/.test(sdpFmtpLine);
    case 'video/av1':
      return /profile=0|^((?!profile=).)*$/.test(sdpFmtpLine);
    case 'video/h264':
      return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine);
    default:
      return false;
  }
}

/**
 * An offer with which the browser measures round trips even while it sends no media (RFC 3611 sections 4.4 and 4.5): it asks
 * again for a lost packet after one round trip, and after 100 ms as long as it knows of none. libwebrtc looks at the first codec
 * of what it receives. One payload type means the same all over a bundle, so it is said wherever that one is offered.
 *
 * @param {string} sdp
 */
export function measuring(sdp) {
  const first = new Set();
  for (const section of sdp.split(/^(?=m=)/m)) {
    const type = /^m=\S+ \S+ \S+ (\d+)/.exec(section)?.[1];
    if (type && /^a=recvonly$/m.test(section)) first.add(type);
  }
  return sdp.replace(/^a=rtpmap:(\d+) .*\r\n/gm, (line, type) => (first.has(type) ? `${line}a=rtcp-fb:${type} rrtr\r\n` : line));
}

/** A shared tab may play music: more than twice what Opus takes by itself for a voice. */
const MUSIC = 'stereo=1;sprop-stereo=1;maxaveragebitrate=128000';

/**
 * An offer in which sound has two sides: Opus is decoded, and sent, as one unless it says
 * otherwise (RFC 7587 section 6.1). A browser sends by what the answer says, which repeats the
 * offer. A microphone stays as it is.
 *
 * @param {string} sdp
 * @param {number} music the place of a shared screen's sound among the m-lines
 */
export function twoSided(sdp, music) {
  return sdp
    .split(/^(?=m=)/m)
    .map((section, place) => {
      const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r$/im.exec(section)?.[1];
      // Before the first m-line is the session.
      const sent = place === music + 1 ? MUSIC : '';
      const more = /^a=recvonly\r$/m.test(section) ? 'stereo=1' : sent;
      if (!opus || !more) return section;
      const format = new RegExp(`^a=fmtp:${opus} (?!.*stereo=)(.*)\r$`, 'm');
      return section.replace(format, (_, said) => `a=fmtp:${opus} ${said};${more}\r`);
    })
    .join('');
}

/**
 * Add a recvonly m-line.
 *
 * @param {RTCPeerConnection} pc
 * @param {'audio' | 'video'} kind
 */
export function addReceiver(pc, kind) {
  const transceiver = pc.addTransceiver(kind, { direction: 'recvonly' });
  const codecs = (RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? []).filter(mayArrive);
  try {
    if (codecs.length) transceiver.setCodecPreferences(codecs);
  } catch {
    // Firefox before 128 has no preferences, and short offers anyway.
  }
  return transceiver;
}
