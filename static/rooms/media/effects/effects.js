// Effects between this person's devices and what others get.

import { remember } from '../../common/choices.js';
import { Emitter } from '../../common/emitter.js';
import { BackgroundEffect } from './background.js';
import { NoiseEffect } from './noise.js';
import { ownPicture } from './own_picture.js';

/**
 * @typedef {import('../../common/choices.js').Background} Background
 * @typedef {'camera' | 'microphone'} Source
 * @typedef {BackgroundEffect | NoiseEffect} Effect
 * @typedef {{changed: undefined, gaveUp: {source: Source, why: 'slow' | 'failed'}}} Events
 * @typedef {{
 *   background: typeof BackgroundEffect, noise: typeof NoiseEffect,
 *   picture: (from: string | Blob) => Promise<ImageBitmap>,
 * }} Makers
 */

/** @param {string | Blob} from an address of our own, or a picture */
async function bitmap(from) {
  const blob = typeof from === 'string' ? await (await fetch(from)).blob() : from;
  return createImageBitmap(blob);
}

/** @type {Makers} */
const REAL = { background: BackgroundEffect, noise: NoiseEffect, picture: bitmap };

/**
 * Keeps one effect at most for each device that is on. What is sent is changed with `substitute`,
 * so nothing renegotiates.
 *
 * @extends {Emitter<Events>}
 */
export class Effects extends Emitter {
  /**
   * @param {import('../local_media.js').LocalMedia} local
   * @param {import('./background.js').Files} files
   * @param {Makers} [makers]
   */
  constructor(local, files, makers = REAL) {
    super();
    this._local = local;
    this._files = files;
    this._makers = makers;
    /** @type {Map<Source, Effect>} */
    this._effects = new Map();
    this._on = { camera: false, microphone: false };
    /** @type {Background} */
    this._background = '';
    /** @type {ImageBitmap | null} */
    this._picture = null;
    /** Others have seen this camera's video as it is. @type {MediaStreamTrack | null} */
    this._shown = null;
    this._choices = 0;
    local.on('changed', (source) => {
      if (source === 'camera' || source === 'microphone') this._look(source);
    });
    local.relieve = () => this._relieve();
  }

  /** What is behind this person now. @returns {Background} */
  get background() {
    return this._on.camera ? this._background : '';
  }

  /** Is noise taken out of this person's sound? */
  get quiet() {
    return this._on.microphone;
  }

  /**
   * @param {Background} background
   * @param {Blob} [picture] for `own`; without it, the one that is kept
   */
  async setBackground(background, picture) {
    const choice = ++this._choices;
    if (!this._on.camera) this._shown = this._local.sent('camera');
    try {
      const image = await this._load(background, picture);
      if (choice !== this._choices) return;
      this._picture = image;
    } catch {
      if (choice === this._choices) this._giveUp('camera', 'failed');
      return;
    }
    remember({ background });
    this._background = background;
    this._on.camera = background !== '';
    const now = this._effects.get('camera');
    if (now instanceof this._makers.background) now.show(this._picture);
    this._look('camera');
    this.emit('changed', undefined);
  }

  /**
   * @param {Background} background
   * @param {Blob} [picture]
   */
  async _load(background, picture) {
    if (background === 'room') return this._makers.picture(this._files.room);
    if (background !== 'own') return null;
    const own = picture ?? (await ownPicture());
    if (!own) throw new Error('no picture is kept');
    return this._makers.picture(own);
  }

  /** @param {boolean} on */
  setQuiet(on) {
    remember({ quiet: on });
    this._on.microphone = on;
    this._look('microphone');
    this.emit('changed', undefined);
  }

  /**
   * Compare what there is with what should be.
   *
   * @param {Source} source
   */
  _look(source) {
    const raw = this._local.track(source);
    const now = this._effects.get(source);
    if (now && (!this._on[source] || now.raw !== raw)) {
      this._effects.delete(source);
      now.close();
    }
    if (!this._on[source] || !raw) {
      this._local.substitute(source, this._on[source] && source === 'camera' ? null : undefined);
      return;
    }
    if (!this._effects.has(source)) this._start(source, raw);
    if (!this._on[source]) return; // it did not start
    const output = this._effects.get(source)?.output ?? null;
    if (output) {
      output.enabled = raw.enabled;
      if (source === 'camera') output.contentHint = raw.contentHint;
    }
    this._local.substitute(source, output ?? this._meanwhile(source, raw));
  }

  /**
   * What is sent until the effect is ready: sound as it is, but no picture of the room behind a
   * person that nobody has seen yet.
   *
   * @param {Source} source
   * @param {MediaStreamTrack} raw
   */
  _meanwhile(source, raw) {
    return source === 'microphone' || raw === this._shown ? undefined : null;
  }

  /**
   * @param {Source} source
   * @param {MediaStreamTrack} raw
   */
  _start(source, raw) {
    const current = (/** @type {() => void} */ act) => () => {
      if (this._effects.get(source)?.raw === raw) act();
    };
    const told = {
      ready: current(() => this._look(source)),
      slow: current(() => this._giveUp(source, 'slow')),
      failed: current(() => this._giveUp(source, 'failed')),
    };
    const { background, noise } = this._makers;
    try {
      const effect =
        source === 'camera'
          ? new background(raw, this._files, this._picture, told)
          : new noise(raw, this._files, told);
      this._effects.set(source, effect);
    } catch {
      this._giveUp(source, 'failed');
    }
  }

  /**
   * For the rest of the visit, or until the person chooses it again. It stays remembered: the next
   * visit may be on a better day.
   *
   * @param {Source} source
   * @param {'slow' | 'failed'} why
   */
  _giveUp(source, why) {
    this._on[source] = false;
    this._look(source);
    this.emit('gaveUp', { source, why });
    this.emit('changed', undefined);
  }

  /** The computer is at its limit, says the encoder. */
  _relieve() {
    if (!this._effects.has('camera')) return false;
    this._giveUp('camera', 'slow');
    return true;
  }
}
