// The admin's copy buttons, the mark of a background's focal point, and lists on a phone.

import { copyText } from '../clipboard.js';

/**
 * Copies the link of a button, or the text of the element that it names. If the browser refuses,
 * the text is selected to be copied by hand.
 *
 * @param {HTMLButtonElement} button
 */
async function copy(button) {
  const source = document.getElementById(button.dataset.copyFrom ?? '');
  const link = source?.textContent ?? button.dataset.copy ?? '';
  try {
    await copyText(link);
  } catch {
    if (source) return getSelection()?.selectAllChildren(source);
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
  const names = (frame.dataset.focal ?? '').split(',');
  const [x, y] = names.map((name) => document.querySelector(`input[name="${name}"]`));
  const mark = frame.querySelector('.mark');
  if (!(x instanceof HTMLInputElement) || !(y instanceof HTMLInputElement)) return;
  if (!(mark instanceof HTMLElement)) return;
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

/**
 * On a phone the rows of a list are cards (admin.css). That hides the table from screen readers,
 * and the column's name from each value. This gives both back.
 *
 * @param {HTMLTableElement} table
 */
function cards(table) {
  const heads = [...table.querySelectorAll('thead th')];
  const names = heads.map((head) => head.querySelector('.text')?.textContent?.trim());
  table.setAttribute('role', 'table');
  for (const part of table.querySelectorAll('thead, tbody')) part.setAttribute('role', 'rowgroup');
  for (const row of table.rows) {
    row.setAttribute('role', 'row');
    [...row.cells].forEach((cell, index) => {
      const header = row.parentElement?.tagName === 'THEAD' ? 'columnheader' : 'rowheader';
      cell.setAttribute('role', cell.tagName === 'TH' ? header : 'cell');
      if (names[index] && row.parentElement?.tagName === 'TBODY') cell.dataset.label = names[index];
    });
  }
}

document.addEventListener('click', (event) => {
  const target = event.target instanceof Element && event.target;
  const button = target && target.closest('button[data-copy], button[data-copy-from]');
  if (button instanceof HTMLButtonElement) copy(button);
});
for (const frame of document.querySelectorAll('[data-focal]')) {
  if (frame instanceof HTMLElement) focalPoint(frame);
}
const list = document.querySelector('#result_list');
if (list instanceof HTMLTableElement) cards(list);
addEventListener('load', () => {
  // Django's own script has added these question marks by now. Their names need a role.
  for (const help of document.querySelectorAll('.help-tooltip[aria-label]')) {
    help.setAttribute('role', 'img');
  }
});
