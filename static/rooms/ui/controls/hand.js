import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { byId } from '../dom.js';

/**
 * "Raise hand", which becomes "Lower hand".
 *
 * @param {import('../../room/call.js').Call} call
 * @returns {() => void} raises it, or lowers it
 */
export function handButton(call) {
  const button = byId('hand', HTMLButtonElement);
  const word = byId('hand-word', HTMLElement);
  const change = () => {
    call.setHand(!call.hand);
    toast(text(call.hand ? 'call.hand_is_up' : 'call.hand_is_down'));
  };
  button.onclick = change;
  call.on('changed', () => {
    button.classList.toggle('is-up', call.hand);
    word.textContent = text(call.hand ? 'call.hand_down' : 'call.hand_up');
    if (button.title) button.title = word.textContent;
  });
  return change;
}
