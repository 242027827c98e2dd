import { byId } from './dom.js';

/**
 * The dialog that lists the shortcuts.
 *
 * @param {() => void} before called before "More" opens it
 * @returns {() => void} opens it
 */
export function shortcutsSheet(before) {
  const dialog = byId('shortcuts-sheet', HTMLDialogElement);
  const show = () => {
    if (!dialog.open) dialog.showModal();
  };
  byId('shortcuts-show', HTMLButtonElement).onclick = () => {
    before();
    show();
  };
  return show;
}
