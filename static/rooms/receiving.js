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
 * again for a lost packet after one round trip, and after 100 ms as long as it knows of none. In all m-lines alike, as one
 * payload type means the same all over a bundle.
 *
 * @param {string} sdp
 */
export function measuring(sdp) {
  return sdp.replace(/^a=rtpmap:(\d+) (?:opus|VP8|VP9|H264|AV1)\/.*\r\n/gm, '$&a=rtcp-fb:$1 rrtr\r\n');
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
