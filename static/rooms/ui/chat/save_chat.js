import { text } from '../../common/texts.js';
import { chatText } from '../../room/chat/chat_text.js';
import { toast } from '../announce.js';
import { byId, make } from '../dom.js';
import { deletedText } from './chat_line.js';

/**
 * The button that downloads what this person may read.
 *
 * @param {import('../../room/chat/chat_client.js').ChatClient} chat
 * @param {string} slug
 */
export function saveButton(chat, slug) {
  const button = byId('chat-save', HTMLButtonElement);
  button.onclick = async () => {
    button.disabled = true;
    const lines = await chat.all();
    button.disabled = false;
    if (!lines) return toast(text('chat.save.failed'));
    if (!lines.length) return toast(text('chat.save.empty'));
    const words = chatText(lines, (line) => {
      if (line.deleted) return `(${deletedText(line)})`;
      return line.edited ? `${line.text} (${text('chat.edited')})` : line.text;
    });
    // Programs under Windows take a text for UTF-8 if it begins with this mark.
    download(`${slug}.txt`, `\ufeff${words}`);
  };
}

/**
 * @param {string} name
 * @param {string} content
 */
function download(name, content) {
  const link = make('a');
  link.href = URL.createObjectURL(new Blob([content], { type: 'text/plain' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
