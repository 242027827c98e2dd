import { choices, remember } from '../../common/choices.js';
import { text } from '../../common/texts.js';
import { chime } from '../../media/chime.js';
import { toast } from '../announce.js';
import { find } from '../dom.js';

/** The switch in the menu "More" for the sound of a mention. */
export function mentionSwitch() {
  const box = find('mention-sound', HTMLInputElement);
  if (!box) return;
  box.checked = choices().mention_sound;
  box.onchange = () => remember({ mention_sound: box.checked });
}

/**
 * Somebody has mentioned this person, who does not see the chat.
 *
 * @param {string} name
 */
export function mentioned(name) {
  toast(text('chat.mentioned', { name }));
  if (choices().mention_sound) chime();
}
