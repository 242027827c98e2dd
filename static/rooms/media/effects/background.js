// Another background for the camera's video, made in a worker.

import { KeepingUp } from './keeping_up.js';

/**
 * @typedef {Record<string, string>} Files addresses by name
 * @typedef {{ready: () => void, slow: () => void, failed: (why: string) => void}} Told
 */

// Not in TypeScript's DOM library (W3C mediacapture-transform, as Chromium has it).
const scope = /** @type {any} */ (globalThis);

/** Can this browser do it? */
export function canChangeBackground() {
  return 'MediaStreamTrackGenerator' in scope && 'MediaStreamTrackProcessor' in scope;
}

/** From a camera's track to one with another background. */
export class BackgroundEffect {
  /**
   * @param {MediaStreamTrack} raw
   * @param {Files} files
   * @param {ImageBitmap | null} picture null: blur what is there
   * @param {Told} told `ready` comes with the first frame
   */
  constructor(raw, files, picture, told) {
    this.raw = raw;
    /** @type {MediaStreamTrack | null} */
    this.output = null;
    this._told = told;
    this._keepingUp = new KeepingUp();
    this._worker = new Worker(files['background.js']);
    this._worker.onmessage = ({ data }) => this._hear(data);
    this._worker.onerror = ({ message }) => told.failed(message);
    /** @type {MediaStreamTrack} */
    this._track = new scope.MediaStreamTrackGenerator({ kind: 'video' });
    const processor = new scope.MediaStreamTrackProcessor({ track: raw, maxBufferSize: 1 });
    const { readable } = processor;
    const { writable } = /** @type {any} */ (this._track);
    this._worker.postMessage({ kind: 'start', readable, writable, picture }, [readable, writable]);
    this._worker.postMessage({ kind: 'find', files });
  }

  /** @param {ImageBitmap | null} picture */
  show(picture) {
    this._worker.postMessage({ kind: 'show', picture });
  }

  /** The camera has been turned off, or is shown as it is. */
  close() {
    this._worker.onmessage = null;
    this._worker.onerror = null;
    // It ends by itself, after it has let go of the camera.
    this._worker.postMessage({ kind: 'stop' });
    this._track.stop();
  }

  /** @param {any} message */
  _hear(message) {
    if (message.kind === 'started') {
      this.output = this._track;
      this._told.ready();
    } else if (message.kind === 'failed') {
      this._told.failed(message.why);
    } else if (message.kind === 'reading') {
      const { frameRate } = this.raw.getSettings();
      if (this._keepingUp.add(message.reading, frameRate)) this._told.slow();
    }
  }
}
