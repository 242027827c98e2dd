import { text } from '../../common/texts.js';
import { clearBanner, showBanner } from '../banner.js';
import { find } from '../dom.js';

/**
 * Says that this person may do more or less from now on; the controls for what they may not do go (css/call.css).
 *
 * @param {import('../../room/call.js').Call} call
 */
export function followRole(call) {
  call.on('role', ({ role, publish, raised }) => {
    document.body.dataset.publish = publish ? 'yes' : 'no';
    const words = text(`role.${role}`);
    // A page that was made for a listener has no such controls.
    if (raised && !find('microphone', HTMLButtonElement)) {
      const again = { word: text('role.reload'), press: () => location.reload() };
      return showBanner('role', `${words} ${text('role.raised')}`, again);
    }
    showBanner('role', words, { word: text('role.ok'), press: () => clearBanner('role') });
  });
}
