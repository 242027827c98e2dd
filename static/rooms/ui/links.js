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

/** @param {string} link */
export function openTab(link) {
  window.open(link, '_blank', 'noopener,noreferrer');
}

/** @param {string} link */
async function copy(link) {
  try {
    await navigator.clipboard.writeText(link);
    toast(text('link.copied'));
  } catch {
    const field = byId('link-dialog-field', HTMLInputElement);
    field.value = link;
    byId('link-dialog', HTMLDialogElement).showModal();
    field.focus();
    field.select();
  }
}
