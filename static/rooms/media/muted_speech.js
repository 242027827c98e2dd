import { audioLevel } from './audio_level.js';

const EVERY = 100;

/**
 * On the scale of AudioLevel: -33 dBFS. Speech near a microphone is louder, a quiet room is not.
 */
const LOUD = 0.45;

/** `ENOUGH` loud readings among the last `AMONG`: a cough or a keystroke is shorter. */
const AMONG = 10;
const ENOUGH = 3;

/** Milliseconds between two hints. */
const PAUSE = 10_000;

/** Tells speech from noise, and reports it at most once per pause. Pure. */
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
 * Notice when someone speaks while muted. A muted track is silent even for this page, so a copy of
 * it is measured. The copy is never sent.
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
    const heard = (/** @type {number} */ level) => {
      if (detector.add(level, performance.now())) noticed();
    };
    stop = track ? listen(track, heard) : () => {};
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
