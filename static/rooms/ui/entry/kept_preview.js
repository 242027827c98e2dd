// The preview is kept between visits: who left the lobby with the camera on finds it on.

import { choices, remember } from '../../common/choices.js';
import { arePermitted } from '../../media/devices.js';

/** @param {boolean} on is the camera on in the lobby? */
export function keepPreview(on) {
  if (choices().preview !== on) remember({ preview: on });
}

/** May the preview begin by itself? Never if the browser might ask, and not before it is seen. */
export async function mayPreview() {
  if (!choices().preview) return false;
  await seen();
  return arePermitted();
}

/** @returns {Promise<void>} when somebody looks at the page */
function seen() {
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'visible') return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    look();
  });
}
