import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { showBanner } from '../banner.js';
import { byId } from '../dom.js';

/**
 * "Renew the notes link" in More, for hosts: it asks before the old links end.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function renewing(call) {
  const button = byId('notes-renew', HTMLButtonElement);
  const dialog = byId('notes-renew-dialog', HTMLDialogElement);
  const follow = () => {
    button.hidden = !['owner', 'moderator'].includes(call.role);
  };
  follow();
  call.on('role', follow);
  call.on('ended', () => dialog.close());
  button.onclick = () => {
    dialog.showModal();
    byId('notes-renew-cancel', HTMLButtonElement).focus();
  };
  byId('notes-renew-yes', HTMLButtonElement).onclick = () => {
    if (call.renewNotes()) toast(text('notes.renewed'));
    else showBanner('problem', text('notes.offline'));
  };
}
