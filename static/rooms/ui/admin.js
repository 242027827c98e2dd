// The admin's copy buttons and the mark on a background's focal point.

import { copyText } from './clipboard.js';

/**
 * Copies the link of a button; where the browser refuses, the link is selected to be copied by hand.
 *
 * @param {HTMLButtonElement} button
 */
async function copy(button) {
  const link = button.dataset.copy ?? '';
  try {
    await copyText(link);
  } catch {
    const shown = button.parentElement?.querySelector('input');
    if (shown) shown.select();
    else window.prompt('', link);
    return;
  }
  const before = button.textContent;
  button.textContent = button.dataset.copied ?? '';
  setTimeout(() => (button.textContent = before), 2000);
}

/** @param {HTMLElement} frame */
function focalPoint(frame) {
  const [x, y] = (frame.dataset.focal ?? '').split(',').map((name) => document.querySelector(`input[name="${name}"]`));
  const mark = frame.querySelector('.mark');
  if (!(x instanceof HTMLInputElement) || !(y instanceof HTMLInputElement) || !(mark instanceof HTMLElement)) return;
  const show = () => {
    mark.style.left = `${x.value}%`;
    mark.style.top = `${y.value}%`;
  };
  frame.addEventListener('click', (event) => {
    const box = frame.getBoundingClientRect();
    x.value = String(Math.round(((event.clientX - box.left) / box.width) * 100));
    y.value = String(Math.round(((event.clientY - box.top) / box.height) * 100));
    show();
  });
  for (const input of [x, y]) input.addEventListener('input', show);
  show();
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element && event.target.closest('button[data-copy]');
  if (button instanceof HTMLButtonElement) copy(button);
});
for (const frame of document.querySelectorAll('[data-focal]')) {
  if (frame instanceof HTMLElement) focalPoint(frame);
}
