// Cameras, microphones and screens: asking for them, and why they did not come.

import { capture } from './encodings.js';

/** @typedef {import('./encodings.js').Mode} Mode */

/**
 * The key of the text that says why a device could not be had, and what to do.
 *
 * @param {unknown} error what getUserMedia or getDisplayMedia threw
 * @param {{framed: boolean}} page `framed`: the page is embedded in another one, which may forbid devices
 */
export function failureKey(error, page) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return page.framed ? 'device.embedded' : 'device.blocked';
  if (name === 'NotFoundError') return 'device.none';
  if (name === 'NotReadableError' || name === 'AbortError') return 'device.in_use';
  if (name === 'OverconstrainedError') return 'device.unsuitable';
  return 'device.unknown';
}

/** @param {unknown} error a share that the person cancelled says nothing */
export function isCancelledShare(error) {
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError');
}

function media() {
  // Browsers take this away on a page that came over plain http.
  if (!navigator.mediaDevices) throw new DOMException('no media devices here', 'NotSupportedError');
  return navigator.mediaDevices;
}

/** @param {string} deviceId remembered choice; another device is taken when it is gone */
export function microphoneConstraints(deviceId) {
  return { ...(deviceId && { deviceId }), echoCancellation: true, noiseSuppression: true, autoGainControl: true };
}

/**
 * @param {string} deviceId
 * @param {Mode} mode
 */
export function cameraConstraints(deviceId, mode) {
  return { ...(deviceId && { deviceId }), ...capture('camera', mode) };
}

/** @param {string} deviceId */
export async function openMicrophone(deviceId) {
  const stream = await media().getUserMedia({ audio: microphoneConstraints(deviceId) });
  return stream.getAudioTracks()[0];
}

/**
 * @param {string} deviceId
 * @param {Mode} mode
 */
export async function openCamera(deviceId, mode) {
  const stream = await media().getUserMedia({ video: cameraConstraints(deviceId, mode) });
  return stream.getVideoTracks()[0];
}

/**
 * Camera and microphone in one question; where one of them is missing or busy, the other one.
 *
 * @param {{camera: string, microphone: string}} chosen device ids
 * @param {Mode} mode of the camera
 * @returns {Promise<{camera?: MediaStreamTrack, microphone?: MediaStreamTrack, error?: unknown}>}
 */
export async function openBoth(chosen, mode) {
  try {
    const constraints = { audio: microphoneConstraints(chosen.microphone), video: cameraConstraints(chosen.camera, mode) };
    const stream = await media().getUserMedia(constraints);
    return { camera: stream.getVideoTracks()[0], microphone: stream.getAudioTracks()[0] };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') return { error };
    const [camera, microphone] = await Promise.allSettled([openCamera(chosen.camera, mode), openMicrophone(chosen.microphone)]);
    return {
      camera: camera.status === 'fulfilled' ? camera.value : undefined,
      microphone: microphone.status === 'fulfilled' ? microphone.value : undefined,
      error,
    };
  }
}

export function canShareScreen() {
  return Boolean(navigator.mediaDevices && 'getDisplayMedia' in navigator.mediaDevices);
}

/**
 * @param {Mode} mode
 * @returns {Promise<{screen: MediaStreamTrack, audio: MediaStreamTrack | undefined}>}
 */
export async function openScreen(mode) {
  const stream = await media().getDisplayMedia({ video: capture('screen', mode), audio: true });
  const [screen] = stream.getVideoTracks();
  return { screen, audio: stream.getAudioTracks()[0] };
}

/**
 * The devices there are; names are known only after a permission.
 *
 * @param {'audioinput' | 'videoinput' | 'audiooutput'} kind
 */
export async function listDevices(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === kind && device.deviceId);
}
