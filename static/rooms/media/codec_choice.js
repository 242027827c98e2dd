// Which codec a picture is sent in. Pure.

/**
 * @typedef {{mimeType: string, sdpFmtpLine?: string}} Codec as in RTCRtpSendParameters
 * @typedef {{supported: boolean, smooth: boolean, powerEfficient: boolean}} Ability what MediaCapabilities says of an encoder
 *
 * @typedef {object} Situation
 * @property {readonly string[] | null} common names of the codecs that all others decode; null: not known yet
 * @property {readonly Codec[]} negotiated what this sender may send
 * @property {ReadonlyMap<string, Ability>} abilities by name; none where the browser does not say
 * @property {number} cores logical processors
 * @property {boolean} mobile a phone or tablet
 * @property {number} pixelRate pixels a second of the whole picture
 * @property {ReadonlySet<string>} givenUp names of the codecs that have turned out too dear for this computer
 *
 * @typedef {{name: string, hardware: boolean}} Choice `name` '': what was negotiated first
 */

/** What gives the best picture for its bits comes first; it is the dearest to encode, too. */
const BEST_FIRST = ['AV1', 'VP9', 'H264', 'VP8'];

/** In software, from what costs least. OpenH264 is no cheaper than libvpx's VP8, and the worker cannot thin it out. */
const CHEAPEST_FIRST = ['VP8', 'H264', 'VP9', 'AV1'];

/**
 * Logical processors from which on a software encoder leaves the computer usable, for 1080 lines at 30 frames a second; twice
 * the pixels want twice as many. A rough rule: `powerEfficient` comes before it and `qualityLimitationReason` after it.
 *
 * @type {Record<string, number>}
 */
const CORES = { AV1: 8, VP9: 4 };
const CORES_FOR = 1920 * 1080 * 30;

/** Where the browser says nothing. */
const UNKNOWN = { supported: true, smooth: true, powerEfficient: false };

/** @type {Choice} */
export const NEGOTIATED = { name: '', hardware: false };

/**
 * In Motion, the best codec that all others decode and this computer can afford: what it encodes in hardware before what it
 * encodes in software. A screen in Detail takes AV1 or VP9, which have tools for text, or stays as it is.
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
    return { name: able.find(inSoftware) ?? CHEAPEST_FIRST.find((name) => able.includes(name)) ?? '', hardware: false };
  }
  if (mode === 'detail' && source === 'screen') {
    const name = able.find((each) => each in CORES && (inHardware(each) || inSoftware(each)));
    return name ? { name, hardware: inHardware(name) } : NEGOTIATED;
  }
  return NEGOTIATED;
}

/**
 * Does the choice depend on anything? Asking the browser takes a moment.
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
  return (common?.includes(name) ?? false) && !!find(negotiated, name) && (abilities.get(name) ?? UNKNOWN).supported;
}

/**
 * In software.
 *
 * @param {string} name
 * @param {Situation} situation
 */
function affordable(name, { abilities, cores, mobile, pixelRate, givenUp }) {
  if (!(name in CORES) || mobile || givenUp.has(name) || !(abilities.get(name) ?? UNKNOWN).smooth) return false;
  return cores >= CORES[name] * Math.max(1, pixelRate / CORES_FOR);
}

/**
 * What to give up when the computer is at its limit with a codec: it and all dearer ones. None: nothing is cheaper.
 *
 * @param {Choice} choice
 * @returns {string[]}
 */
export function tooDear({ name, hardware }) {
  if (hardware || !(name in CORES)) return [];
  return BEST_FIRST.slice(0, BEST_FIRST.indexOf(name) + 1);
}

/**
 * The codec of that name among those negotiated, in the form that `codecs_common` speaks of.
 *
 * @template {Codec} C
 * @param {readonly C[]} codecs
 * @param {string} name
 * @returns {C | undefined}
 */
export function find(codecs, name) {
  const named = codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `video/${name.toLowerCase()}`);
  const has = (/** @type {RegExp[]} */ ...what) => named.find(({ sdpFmtpLine = '' }) => what.every((each) => each.test(sdpFmtpLine)));
  switch (name) {
    case 'AV1':
      return has(/(^|;)profile=0/) ?? has(/^((?!profile=).)*$/);
    case 'VP9':
      return has(/profile-id=0/) ?? has(/^((?!profile-id).)*$/);
    case 'H264':
      return has(/packetization-mode=1/, /profile-level-id=42e0/i) ?? has(/packetization-mode=1/, /profile-level-id=4200/i);
    default:
      return named[0];
  }
}

/**
 * The name of the codec that a browser sends in when nobody chooses.
 *
 * @param {readonly Codec[]} codecs as negotiated
 */
export function firstOf(codecs) {
  const names = codecs.map(({ mimeType }) => mimeType.replace(/^video\//i, '').toUpperCase());
  return names.find((name) => BEST_FIRST.includes(name)) ?? '';
}

/**
 * Send all layers in one codec, or in what was negotiated first.
 *
 * @template {{codecs?: readonly Codec[], encodings: object[]}} P
 * @param {P} parameters
 * @param {string} name
 * @param {string} first the name of what was negotiated first. Chromium moves a codec that is chosen to the front of `codecs`
 * and stays with it when the choice is taken out again, so that the way back has to be by name
 * @returns {P}
 */
export function useCodec(parameters, name, first) {
  // Not in every browser (W3C webrtc-extensions), nor in TypeScript's DOM library: without it nothing changes.
  for (const encoding of /** @type {{codec?: Codec}[]} */ (parameters.encodings)) {
    const codec = find(parameters.codecs ?? [], name || (encoding.codec ? first : ''));
    if (codec) encoding.codec = codec;
  }
  return parameters;
}
