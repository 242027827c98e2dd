// "Move the call here": reloads the page, which then joins at once as it was before.

const KEY = 'confcall.come-back';

/** @typedef {{name: string, microphone: boolean, camera: boolean}} Before */

/** @param {Before} before */
export function comeBack(before) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ ...before, path: location.pathname }));
  } catch {
    // Without storage the lobby appears again.
  }
  location.reload();
}

/** @returns {Before | null} only once: a later reload shows the lobby */
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
 * Join without a click, if the click came before the reload.
 *
 * @param {import('./lobby.js').Lobby} lobby
 * @param {import('../../media/local_media.js').LocalMedia} local
 */
export async function bringBack(lobby, local) {
  const kept = before();
  if (!kept) return lobby.previewAgain();
  // One after the other: some browsers show one question at a time and drop the rest. A device that
  // does not open can be turned on in the call, which then says why.
  if (kept.microphone) await local.setMicrophone(true).catch(() => {});
  if (kept.camera && !lobby.done) await local.setCamera(true).catch(() => {});
  lobby.enterAs(kept.name);
}
