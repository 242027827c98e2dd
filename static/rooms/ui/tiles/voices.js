import { attach, make } from '../dom.js';

/**
 * The voices of people whose tiles have no sound. The elements always play: one that is made when
 * someone begins to speak would miss the first syllable.
 */
export class Voices {
  /**
   * @param {HTMLElement} stage
   * @param {(media: HTMLMediaElement) => void} play
   */
  constructor(stage, play) {
    this._stage = stage;
    this._play = play;
    /** @type {HTMLAudioElement[]} */
    this._elements = [];
  }

  /** @param {readonly MediaStreamTrack[]} tracks */
  render(tracks) {
    while (this._elements.length < tracks.length) {
      const audio = make('audio');
      audio.autoplay = true;
      this._elements.push(audio);
      this._stage.append(audio);
    }
    this._elements.forEach((audio, index) => attach(audio, tracks[index] ?? null, this._play));
  }
}
