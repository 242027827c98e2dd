// "Move the call here": the page is loaded anew and joins at once, as it was before.

const KEY = 'confcall.come-back';

/** @typedef {{name: string, microphone: boolean, camera: boolean}} Before */

/** @param {Before} before */
export function comeBack(before) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...before, path: location.pathname }));
  } catch {
    // Without storage there is the lobby once more.
  }
  location.reload();
}

/** @returns {Before | null} once: whoever reloads later is asked again */
function before() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
    sessionStorage.removeItem(KEY);
    return kept?.path === location.pathname ? kept : null;
  } catch {
    return null;
  }
}

/**
 * Join without a click, where the click was made before the page was loaded.
 *
 * @param {import('./lobby.js').Lobby} lobby
 * @param {import('../../media/local_media.js').LocalMedia} local
 */
export async function bringBack(lobby, local) {
  const kept = before();
  if (!kept) return;
  // One after the other: some browsers show one question at a time, and drop the rest. A device that
  // does not start can be turned on in the call, which says why it does not.
  if (kept.microphone) await local.setMicrophone(true).catch(() => {});
  if (kept.camera && !lobby.done) await local.setCamera(true).catch(() => {});
  lobby.enterAs(kept.name);
}
