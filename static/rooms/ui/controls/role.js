import { text } from '../../common/texts.js';
import { clearBanner, showBanner } from '../banner.js';
import { find } from '../dom.js';

/**
 * Says that this person may do more or less from now on. css/call.css hides the controls for what
 * they may no longer do.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function followRole(call) {
  call.on('role', ({ role, publish, raised, by }) => {
    document.body.dataset.publish = publish ? 'yes' : 'no';
    const given = by && role !== 'owner';
    const words = given ? text(`role.by.${role}`, { name: by }) : text(`role.${role}`);
    // A listener's page has no controls for sending.
    if (raised && !find('microphone', HTMLButtonElement)) {
      const again = { word: text('role.reload'), press: () => location.reload() };
      return showBanner('role', `${words} ${text('role.raised')}`, again);
    }
    showBanner('role', words, { word: text('role.ok'), press: () => clearBanner('role') });
  });
}
