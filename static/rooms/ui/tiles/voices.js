import { attach, make } from '../dom.js';

/**
 * The sound of those who speak and have no place on the page that could play it. The elements play all the time, whoever it is:
 * one that was made when somebody begins to speak would be too late for the first syllable.
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
