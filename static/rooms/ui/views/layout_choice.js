import { choices, LAYOUTS, remember } from '../../common/choices.js';

/**
 * The choice of "Automatic", "Grid" or "Focus" for this page.
 *
 * @param {() => void} changed
 */
export function layoutChoice(changed) {
  for (const input of document.querySelectorAll('input[name="layout"]')) {
    if (!(input instanceof HTMLInputElement)) continue;
    input.checked = input.value === chosenLayout();
    input.onchange = () => {
      remember({ layout: LAYOUTS.find((known) => known === input.value) });
      changed();
    };
  }
}

/** @returns {import('../../common/choices.js').Layout} */
export function chosenLayout() {
  return LAYOUTS.find((known) => known === choices().layout) ?? 'auto';
}
