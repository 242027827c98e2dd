import { byId } from '../dom.js';
import { quotedWords } from './chat_line.js';

/** @typedef {import('../../common/types.js').ChatLine} ChatLine */

/**
 * Asks before a message is deleted. A modal dialog gives the focus back by itself.
 *
 * @param {(line: ChatLine) => void} yes
 * @returns {(line: ChatLine) => void} ask about this one
 */
export function deleteQuestion(yes) {
  const dialog = byId('chat-delete-dialog', HTMLDialogElement);
  const words = byId('chat-delete-words', HTMLElement);
  const button = byId('chat-delete-yes', HTMLButtonElement);
  return (line) => {
    words.textContent = `${line.name}: ${quotedWords(line)}`;
    button.onclick = () => yes(line);
    dialog.showModal();
    byId('chat-delete-no', HTMLButtonElement).focus();
  };
}
