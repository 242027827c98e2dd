// How others' tracks are received: the recvonly part of an offer.

/** @typedef {{mimeType: string, sdpFmtpLine?: string}} Codec */

/**
 * Can this codec arrive at all? Each offered profile takes half a kilobyte in every slot, so two
 * kinds are left out: codecs that the worker does not forward, and H264 profiles that decoders
 * accept as constrained baseline.
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
 * An offer that makes the browser measure the round-trip time even while it sends no media (RFC
 * 3611, 4.4 and 4.5). The browser repeats a NACK after one round trip, and after 100 ms as long as
 * it knows of none. libwebrtc looks only at the first codec that it receives. A payload type means
 * the same in the whole bundle, so the line is added wherever that type is offered.
 *
 * @param {string} sdp
 */
export function measuring(sdp) {
  const first = new Set();
  for (const section of sdp.split(/^(?=m=)/m)) {
    const type = /^m=\S+ \S+ \S+ (\d+)/.exec(section)?.[1];
    if (type && /^a=recvonly$/m.test(section)) first.add(type);
  }
  return sdp.replace(/^a=rtpmap:(\d+) .*\r\n/gm, (line, type) =>
    first.has(type) ? `${line}a=rtcp-fb:${type} rrtr\r\n` : line,
  );
}

/**
 * A shared tab may play music, which gets more than twice the bitrate that Opus uses for a voice.
 */
const MUSIC = 'stereo=1;sprop-stereo=1;maxaveragebitrate=128000';

/**
 * An offer with stereo sound. Without it, Opus is decoded and sent as mono (RFC 7587, 6.1). A
 * browser sends what the answer allows, and the worker's answer repeats the offer. Microphones stay
 * mono.
 *
 * @param {string} sdp
 * @param {number} [music] index of the m-line for a shared screen's sound, if there is one
 */
export function twoSided(sdp, music = -2) {
  return sdp
    .split(/^(?=m=)/m)
    .map((section, place) => {
      const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r$/im.exec(section)?.[1];
      // Place 0 is the session part, before the first m-line.
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
    // Firefox before 128 has no codec preferences, but its offers are short anyway.
  }
  return transceiver;
}
