/**
 * A meter, or null: a call goes on without one. Firefox refuses it for a headset whose sample rate
 * differs from that of the loudspeakers.
 *
 * @param {MediaStreamTrack} track
 */
export function audioLevel(track) {
  try {
    return new AudioLevel(track);
  } catch (error) {
    console.warn('no meter for this microphone:', error);
    return null;
  }
}

/** How loud a microphone is, for the meter in the lobby. */
export class AudioLevel {
  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this._context = new AudioContext();
    this._analyser = this._context.createAnalyser();
    this._analyser.fftSize = 1024;
    this._samples = new Float32Array(this._analyser.fftSize);
    this._context.createMediaStreamSource(new MediaStream([track])).connect(this._analyser);
  }

  /** 0 to 1, linear in decibels as hearing is: -60 dBFS is 0, 0 dBFS is 1. */
  get level() {
    this._analyser.getFloatTimeDomainData(this._samples);
    const squares = this._samples.reduce((sum, sample) => sum + sample * sample, 0);
    const power = squares / this._samples.length;
    return Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-12) + 60) / 60));
  }

  close() {
    void this._context.close();
  }
}
