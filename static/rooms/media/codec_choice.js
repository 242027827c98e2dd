// Which codec a video is sent in. Pure.

/**
 * @typedef {{mimeType: string, sdpFmtpLine?: string}} Codec as in RTCRtpSendParameters
 * @typedef {{supported: boolean, smooth: boolean, powerEfficient: boolean}} Ability of an encoder,
 *   by MediaCapabilities
 *
 * @typedef {object} Situation
 * @property {readonly string[] | null} common names of the codecs that all others decode; null: not
 *   known yet
 * @property {readonly Codec[]} negotiated what this sender may send
 * @property {ReadonlyMap<string, Ability>} abilities by name, as far as the browser says
 * @property {number} cores logical processors
 * @property {boolean} mobile a phone or tablet
 * @property {number} pixelRate pixels per second of the captured video
 * @property {ReadonlySet<string>} givenUp names of the codecs that turned out too expensive for
 *   this computer
 *
 * @typedef {{name: string, hardware: boolean}} Choice `name` '': the first negotiated codec
 */

/** By quality at the same bitrate. The best is also the most expensive to encode. */
const BEST_FIRST = ['AV1', 'VP9', 'H264', 'VP8'];

/**
 * By cost in software. OpenH264 is no cheaper than libvpx's VP8, and the worker cannot drop its
 * temporal layers.
 */
const CHEAPEST_FIRST = ['VP8', 'H264', 'VP9', 'AV1'];

/**
 * Logical processors that a software encoder needs to leave the computer usable, for `CORES_FOR`
 * pixels per second. Twice the pixels need twice as many. This is a rough rule: `powerEfficient`
 * goes before it, and `qualityLimitationReason` corrects it.
 *
 * @type {Record<string, number>}
 */
const CORES = { AV1: 8, VP9: 4 };
const CORES_FOR = 1920 * 1080 * 30;

/** Assumed of an encoder if the browser says nothing. */
const UNKNOWN = { supported: true, smooth: true, powerEfficient: false };

/** @type {Choice} */
export const NEGOTIATED = { name: '', hardware: false };

/**
 * In Motion, the best codec that all others decode and this computer can afford. Hardware encoders
 * go before software. A screen in Detail gets AV1 or VP9, which have tools for text, or stays as it
 * is.
 *
 * @param {'camera' | 'screen'} source
 * @param {import('./encodings.js').Mode} mode
 * @param {Situation} situation
 * @returns {Choice}
 */
export function choose(source, mode, situation) {
  const { abilities } = situation;
  const able = BEST_FIRST.filter((name) => possible(name, situation));
  const inHardware = (/** @type {string} */ name) => {
    const { smooth, powerEfficient } = abilities.get(name) ?? UNKNOWN;
    return powerEfficient && smooth;
  };
  const inSoftware = (/** @type {string} */ name) => affordable(name, situation);
  if (mode === 'motion') {
    const hardware = able.find(inHardware);
    if (hardware) return { name: hardware, hardware: true };
    const cheapest = CHEAPEST_FIRST.find((name) => able.includes(name));
    return { name: able.find(inSoftware) ?? cheapest ?? '', hardware: false };
  }
  if (mode === 'detail' && source === 'screen') {
    const name = able.find((each) => each in CORES && (inHardware(each) || inSoftware(each)));
    return name ? { name, hardware: inHardware(name) } : NEGOTIATED;
  }
  return NEGOTIATED;
}

/**
 * Does `choose` need to know the situation? Asking the browser takes a moment.
 *
 * @param {'camera' | 'screen'} source
 * @param {import('./encodings.js').Mode} mode
 */
export function chooses(source, mode) {
  return mode === 'motion' || (mode === 'detail' && source === 'screen');
}

/**
 * @param {string} name
 * @param {Situation} situation
 */
function possible(name, { common, negotiated, abilities }) {
  if (!common?.includes(name) || !find(negotiated, name)) return false;
  return (abilities.get(name) ?? UNKNOWN).supported;
}

/**
 * Can this computer afford the codec in software?
 *
 * @param {string} name
 * @param {Situation} situation
 */
function affordable(name, { abilities, cores, mobile, pixelRate, givenUp }) {
  if (!(name in CORES) || mobile || givenUp.has(name)) return false;
  if (!(abilities.get(name) ?? UNKNOWN).smooth) return false;
  return cores >= CORES[name] * Math.max(1, pixelRate / CORES_FOR);
}

/**
 * The codecs to give up when the computer is at its limit: the one in use and all that cost more.
 * Empty if nothing is cheaper.
 *
 * @param {Choice} choice
 * @returns {string[]}
 */
export function tooDear({ name, hardware }) {
  if (hardware || !(name in CORES)) return [];
  return BEST_FIRST.slice(0, BEST_FIRST.indexOf(name) + 1);
}

/**
 * The negotiated codec of a name, in the profile that `codecs_common` means.
 *
 * @template {Codec} C
 * @param {readonly C[]} codecs
 * @param {string} name
 * @returns {C | undefined}
 */
export function find(codecs, name) {
  const type = `video/${name.toLowerCase()}`;
  const named = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === type);
  const has = (/** @type {RegExp[]} */ ...patterns) =>
    named.find(({ sdpFmtpLine = '' }) => patterns.every((each) => each.test(sdpFmtpLine)));
  switch (name) {
    case 'AV1':
      return has(/(^|;)profile=0/) ?? has(/^((?!profile=).)*$/);
    case 'VP9':
      return has(/profile-id=0/) ?? has(/^((?!profile-id).)*$/);
    case 'H264':
      return (
        has(/packetization-mode=1/, /profile-level-id=42e0/i) ??
        has(/packetization-mode=1/, /profile-level-id=4200/i)
      );
    default:
      return named[0];
  }
}

/**
 * The name of the codec that a browser uses by default.
 *
 * @param {readonly Codec[]} codecs as negotiated
 */
export function firstOf(codecs) {
  const names = codecs.map(({ mimeType }) => mimeType.replace(/^video\//i, '').toUpperCase());
  return names.find((name) => BEST_FIRST.includes(name)) ?? '';
}

/**
 * Parameters that send all layers in one codec, or in the first negotiated one.
 *
 * @template {{codecs?: readonly Codec[], encodings: object[]}} P
 * @param {P} parameters
 * @param {string} name
 * @param {string} first name of the first negotiated codec. Chromium moves a chosen codec to the
 *   front of `codecs` and stays with it when the choice is removed, so going back needs the name
 * @returns {P}
 */
export function useCodec(parameters, name, first) {
  // Some browsers ignore `codec` (W3C webrtc-extensions). TypeScript's DOM library lacks it.
  for (const encoding of /** @type {{codec?: Codec}[]} */ (parameters.encodings)) {
    const codec = find(parameters.codecs ?? [], name || (encoding.codec ? first : ''));
    if (codec) encoding.codec = codec;
  }
  return parameters;
}
