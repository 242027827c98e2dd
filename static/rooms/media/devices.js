// Cameras, microphones and screens: asking for them, and why they did not come.

import { within } from '../common/within.js';
import { capture } from './encodings.js';

/** @typedef {import('./encodings.js').Mode} Mode */

/**
 * @typedef {'camera' | 'microphone'} Device
 * @typedef {'blocked' | 'system' | 'refused' | 'none' | 'in_use' | 'unsuitable' | 'waiting'
 *   | 'insecure' | 'unknown' | 'kept' | 'gone'} Reason
 * @typedef {{
 *   camera?: MediaStreamTrack, microphone?: MediaStreamTrack, errors: DeviceError[],
 * }} Opened
 */

/** A device with a permission starts within this time, or not at all. */
const STARTS_WITHIN = 15_000;

/** Without one, a person may have to read a question. Some browsers never answer a closed one. */
const ANSWERED_WITHIN = 60_000;

/** A device that could not be opened, and why. */
export class DeviceError extends Error {
  /**
   * @param {Device} source
   * @param {Reason} reason part of the key of its text
   * @param {unknown} [cause]
   */
  constructor(source, reason, cause) {
    super(`${source}: ${reason}`, { cause });
    this.name = 'DeviceError';
    this.source = source;
    this.reason = reason;
  }
}

/**
 * @param {unknown} error what getUserMedia threw
 * @param {PermissionState | undefined} permission of the device; undefined: not known
 * @returns {Reason}
 */
export function reasonOf(error, permission) {
  const known = error instanceof Error || error instanceof DOMException;
  const { name = '', message = '' } = known ? error : {};
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      if (/\bsystem\b/i.test(message)) return 'system';
      // The browser allows it, so macOS, Windows or Android may not.
      return permission === 'granted' ? 'refused' : 'blocked';
    case 'NotFoundError':
      return 'none';
    case 'NotReadableError':
    case 'AbortError':
      return 'in_use';
    case 'OverconstrainedError':
      return 'unsuitable';
    case 'TimeoutError':
      return 'waiting';
    case 'NotSupportedError':
      return 'insecure';
    default:
      return 'unknown';
  }
}

/**
 * @param {Device} source
 * @returns {Promise<PermissionState | undefined>} undefined: the browser does not say
 */
async function permission(source) {
  try {
    const name = /** @type {PermissionName} */ (source);
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return undefined;
  }
}

/** Do camera and microphone start without a question to the person? */
export async function arePermitted() {
  const states = await Promise.all([permission('camera'), permission('microphone')]);
  return states.every((state) => state === 'granted');
}

/**
 * Did the person cancel the share? That needs no message; a refusal by the system does.
 *
 * @param {unknown} error
 */
export function isCancelledShare(error) {
  if (!(error instanceof DOMException) || reasonOf(error, undefined) === 'system') return false;
  return error.name === 'NotAllowedError' || error.name === 'AbortError';
}

function media() {
  // Browsers do not have it on a page that came over plain http.
  if (!navigator.mediaDevices) throw new DOMException('no media devices here', 'NotSupportedError');
  return navigator.mediaDevices;
}

/**
 * The constraints for a device. A chosen device is `exact`: otherwise browsers prefer the size of
 * the video over the device.
 *
 * @param {Device} source
 * @param {string} deviceId '': any
 * @param {Mode} mode of the camera
 * @returns {MediaTrackConstraints}
 */
export function constraintsOf(source, deviceId, mode) {
  const chosen = deviceId ? { deviceId: { exact: deviceId } } : {};
  if (source === 'camera') return { ...chosen, ...capture('camera', mode) };
  return { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

/**
 * getUserMedia with a time limit. A stream that comes later is stopped.
 *
 * @param {MediaStreamConstraints} constraints
 * @param {number} milliseconds
 * @returns {Promise<MediaStream>}
 */
async function start(constraints, milliseconds) {
  const coming = media().getUserMedia(constraints);
  try {
    return await within(coming, milliseconds);
  } catch (error) {
    coming.then(stop, () => {});
    throw error;
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @param {Device[]} sources */
async function patience(sources) {
  const states = await Promise.all(sources.map(permission));
  return states.every((state) => state === 'granted') ? STARTS_WITHIN : ANSWERED_WITHIN;
}

/**
 * Open this device and no other.
 *
 * @param {Device} source
 * @param {string} deviceId '': any
 * @param {Mode} mode of the camera
 * @returns {Promise<MediaStreamTrack>}
 */
export async function openExactly(source, deviceId, mode) {
  const constraints = constraintsOf(source, deviceId, mode);
  try {
    const wanted = source === 'camera' ? { video: constraints } : { audio: constraints };
    const stream = await start(wanted, await patience([source]));
    return stream.getTracks()[0];
  } catch (error) {
    throw new DeviceError(source, reasonOf(error, await permission(source)), error);
  }
}

/**
 * Open the remembered device, or any other if it is gone.
 *
 * @param {Device} source
 * @param {string} deviceId
 * @param {Mode} mode of the camera
 */
export async function openDevice(source, deviceId, mode) {
  try {
    return await openExactly(source, deviceId, mode);
  } catch (error) {
    const gone = error instanceof DeviceError && error.reason === 'unsuitable';
    if (!deviceId || !gone) throw error;
    return openExactly(source, '', mode);
  }
}

/**
 * Ask for camera and microphone in one question. If that fails, ask for each by itself, so that a
 * device that is refused, missing or busy does not cost the other one.
 *
 * @param {{camera: string, microphone: string}} chosen device ids
 * @param {Mode} mode of the camera
 * @returns {Promise<Opened>}
 */
export async function openBoth(chosen, mode) {
  try {
    const audio = constraintsOf('microphone', chosen.microphone, mode);
    const video = constraintsOf('camera', chosen.camera, mode);
    const stream = await start({ audio, video }, await patience(['camera', 'microphone']));
    const [[camera], [microphone]] = [stream.getVideoTracks(), stream.getAudioTracks()];
    return { camera, microphone, errors: [] };
  } catch (error) {
    if (!mayDiffer(error)) {
      const reason = reasonOf(error, undefined);
      const sources = /** @type {const} */ (['camera', 'microphone']);
      return { errors: sources.map((source) => new DeviceError(source, reason, error)) };
    }
    return openEach(chosen, mode);
  }
}

/**
 * May one of the two still be available? A question that was closed or not answered is not repeated
 * for each device.
 *
 * @param {unknown} error
 */
function mayDiffer(error) {
  if (!(error instanceof DOMException)) return true;
  const forBoth = ['TimeoutError', 'NotSupportedError'].includes(error.name);
  return !forBoth && !/dismissed/i.test(error.message);
}

/**
 * @param {{camera: string, microphone: string}} chosen
 * @param {Mode} mode
 */
async function openEach(chosen, mode) {
  /** @type {DeviceError[]} */
  const errors = [];
  const refused = (/** @type {DeviceError} */ error) => {
    errors.push(error);
    return undefined;
  };
  // One after the other: some browsers show one question at a time and drop the rest.
  const microphone = await openDevice('microphone', chosen.microphone, mode).catch(refused);
  const camera = await openDevice('camera', chosen.camera, mode).catch(refused);
  return { camera, microphone, errors };
}

export function canShareScreen() {
  return Boolean(navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices);
}

/**
 * @param {Mode} mode
 * @returns {Promise<{screen: MediaStreamTrack, audio: MediaStreamTrack | undefined}>}
 */
export async function openScreen(mode) {
  // Unprocessed: filters for voices ruin music and make it mono.
  const audio = {
    echoCancellation: false,
    noiseSuppression: false,
    autoGainControl: false,
    channelCount: 2,
  };
  const stream = await media().getDisplayMedia({ video: capture('screen', mode), audio });
  const [screen] = stream.getVideoTracks();
  return { screen, audio: stream.getAudioTracks()[0] };
}

/**
 * The devices of a kind. Their names are known only after a permission.
 *
 * @param {'audioinput' | 'videoinput' | 'audiooutput'} kind
 */
export async function listDevices(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  return devices.filter((device) => device.kind === kind && device.deviceId);
}
