import { withName } from '../config.js';
import { text } from '../texts.js';
import { toast } from './announce.js';
import { byId, find } from './dom.js';

/**
 * The buttons with the links.
 *
 * @param {import('../types.js').Config} config
 * @param {string} name
 */
export function links(config, name) {
  const { call, notes, open_notes: own } = config.links;
  const copyCall = find('copy-call', HTMLButtonElement);
  if (copyCall && call) copyCall.onclick = () => void copy(call);
  byId('copy-notes', HTMLButtonElement).onclick = () => void copy(notes);
  byId('open-notes', HTMLButtonElement).onclick = () => openTab(withName(own, name));
}

/** Buttons that copy what a field of the page holds. */
export function copyButtons() {
  for (const button of document.querySelectorAll('button[data-copy-from]')) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const field = find(button.dataset.copyFrom ?? '', HTMLInputElement);
    if (field) button.onclick = () => void copy(field.value, text('copied'));
  }
}

/** @param {string} link */
export function openTab(link) {
  window.open(link, '_blank', 'noopener,noreferrer');
}

/**
 * @param {string} link
 * @param {string} done what is said then
 */
async function copy(link, done = text('link.copied')) {
  try {
    await navigator.clipboard.writeText(link);
    toast(done);
  } catch {
    const field = byId('link-dialog-field', HTMLInputElement);
    field.value = link;
    byId('link-dialog', HTMLDialogElement).showModal();
    field.focus();
    field.select();
  }
}
