import { byId } from '../dom.js';

/** Close the menu "More" after something in it has changed the view that it covers. */
export function closeMore() {
  if (byId('more-menu', HTMLElement).hidden) return;
  const button = byId('more-button', HTMLButtonElement);
  button.click();
  button.focus();
}
