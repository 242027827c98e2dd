import { audioLevel } from './audio_level.js';

const EVERY = 100;

/** On the scale of AudioLevel: -33 dBFS. Speech near a microphone is louder, a room without any is far quieter. */
const LOUD = 0.45;

/** So many loud readings among so many: a cough or a key is shorter. */
const AMONG = 10;
const ENOUGH = 3;

/** Milliseconds between two hints. */
const PAUSE = 10_000;

/** Tells speech from noise, and does not tell it too often. Pure. */
export class SpeechDetector {
  constructor() {
    /** @type {boolean[]} */
    this._loud = [];
    this._toldAt = -Infinity;
  }

  /**
   * @param {number} level 0 to 1
   * @param {number} now milliseconds
   * @returns {boolean} is it time for a hint?
   */
  add(level, now) {
    this._loud = [...this._loud, level >= LOUD].slice(-AMONG);
    if (now - this._toldAt < PAUSE || this._loud.filter(Boolean).length < ENOUGH) return false;
    this._toldAt = now;
    this._loud = [];
    return true;
  }
}

/**
 * Notice when somebody speaks while muted. What the microphone hears stays in this page: a muted track is silent for
 * everybody, so a copy of it is measured, which is never sent.
 *
 * @param {import('./local_media.js').LocalMedia} local
 * @param {() => void} noticed
 */
export function noticeMutedSpeech(local, noticed) {
  const detector = new SpeechDetector();
  /** @type {MediaStreamTrack | null} */
  let muted = null;
  let stop = () => {};
  const follow = () => {
    const track = local.isOn('microphone') ? null : local.track('microphone');
    if (track === muted) return;
    stop();
    muted = track;
    stop = track ? listen(track, (level) => detector.add(level, performance.now()) && noticed()) : () => {};
  };
  local.on('changed', follow);
  follow();
}

/**
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} heard
 * @returns {() => void} stops
 */
function listen(track, heard) {
  const copy = track.clone();
  copy.enabled = true;
  const meter = audioLevel(copy);
  const timer = setInterval(() => meter && heard(meter.level), EVERY);
  return () => {
    clearInterval(timer);
    meter?.close();
    copy.stop();
  };
}
