import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { byId } from '../dom.js';

/** Files cannot be sent. Dropped on a page, one would take its place, and end the call. */
export function refuseFiles() {
  const call = byId('call', HTMLElement);
  call.addEventListener('dragover', (event) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'none';
  });
  call.addEventListener('drop', (event) => {
    if (hasFiles(event.dataTransfer)) tell(event);
  });
  byId('chat-text', HTMLTextAreaElement).addEventListener('paste', (event) => {
    const data = event.clipboardData;
    // Office programs put a picture of the text beside the text.
    if (hasFiles(data) && !data?.types.includes('text/plain')) tell(event);
  });
}

/** @param {DataTransfer | null} data */
const hasFiles = (data) => Boolean(data?.types.includes('Files'));

/** @param {Event} event */
function tell(event) {
  event.preventDefault();
  toast(text('chat.no_files'));
}
