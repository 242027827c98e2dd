import { MODES } from '../../media/encodings.js';

/**
 * The choice of "Auto", "Motion" or "Detail" for this page's own videos.
 *
 * @param {import('../../media/local_media.js').LocalMedia} local
 */
export function modes(local) {
  for (const source of /** @type {const} */ (['camera', 'screen'])) {
    for (const input of document.querySelectorAll(`input[name="mode-${source}"]`)) {
      if (!(input instanceof HTMLInputElement)) continue;
      const mode = MODES.find((known) => known === input.value) ?? 'auto';
      input.checked = local.mode(source) === mode;
      input.onchange = () => void local.setMode(source, mode);
    }
  }
}
