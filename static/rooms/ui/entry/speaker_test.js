import { text } from '../../common/texts.js';
import { playTestSound } from '../../media/test_sound.js';
import { announce } from '../announce.js';
import { byId } from '../dom.js';

/**
 * The lobby's button "Test the speaker".
 *
 * @param {() => string} output id of the chosen device; '': the usual one
 */
export function speakerTest(output) {
  const button = byId('speaker-test', HTMLButtonElement);
  const words = byId('speaker-text', HTMLElement);
  const say = (/** @type {string} */ key) => {
    words.textContent = text(key);
    words.hidden = false;
    announce(words.textContent);
  };
  button.onclick = async () => {
    try {
      await playTestSound(output());
      say('lobby.speaker.playing');
    } catch (error) {
      console.warn('no test sound:', error);
      say('lobby.speaker.failed');
    }
  };
}
