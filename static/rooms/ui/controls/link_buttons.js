import { withName } from '../../common/config.js';
import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { showBanner } from '../banner.js';
import { copyText } from '../clipboard.js';
import { byId, find } from '../dom.js';

/**
 * The buttons with the links.
 *
 * @param {import('../../common/types.js').Config} config
 * @param {import('../../room/call.js').Call} call
 * @param {string} name
 */
export function links(config, call, name) {
  const { notes, open_notes: own } = config.links;
  const copyCall = find('copy-call', HTMLButtonElement);
  if (copyCall) copyCall.onclick = () => void copyCallLink(call);
  byId('copy-notes', HTMLButtonElement).onclick = () => void copy(notes);
  byId('open-notes', HTMLButtonElement).onclick = () => openTab(withName(own, name));
}

/** Buttons that copy the content of a field. */
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
 * The page asks at the click which link lets others in. While it is open for hours, links expire,
 * are used up or stopped.
 *
 * @param {import('../../room/call.js').Call} call
 */
async function copyCallLink(call) {
  const asked = call.ask({ type: 'link' });
  const link = asked.then((answer) => answer?.link ?? Promise.reject(new Error('no link')));
  // The code below handles it, whether the clipboard waits for it or not.
  link.catch(() => {});
  try {
    await copyText(link);
    toast((await asked)?.note || text('link.copied'));
  } catch {
    const answer = await asked;
    if (answer?.link) showLink(answer.link);
    else showBanner('problem', answer ? answer.note : text('link.offline'));
  }
}

/**
 * @param {string} link
 * @param {string} done the message after it
 */
async function copy(link, done = text('link.copied')) {
  try {
    await copyText(link);
    toast(done);
  } catch {
    showLink(link);
  }
}

/** @param {string} link to be copied by hand */
function showLink(link) {
  const field = byId('link-dialog-field', HTMLInputElement);
  field.value = link;
  byId('link-dialog', HTMLDialogElement).showModal();
  field.focus();
  field.select();
}
