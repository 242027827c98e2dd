import { text } from '../../common/texts.js';
import { byId } from '../dom.js';

/**
 * "Raise hand", which becomes "Lower hand".
 *
 * @param {import('../../room/call.js').Call} call
 */
export function handButton(call) {
  const button = byId('hand', HTMLButtonElement);
  const word = byId('hand-word', HTMLElement);
  button.onclick = () => call.setHand(!call.hand);
  call.on('changed', () => {
    word.textContent = text(call.hand ? 'call.hand_down' : 'call.hand_up');
  });
}
