import { withName } from '../../common/config.js';
import { text } from '../../common/texts.js';
import { toast } from '../announce.js';
import { showBanner } from '../banner.js';
import { copyText } from '../clipboard.js';
import { byId, find, pageAddress } from '../dom.js';

/**
 * The buttons with the links.
 *
 * @param {import('../../room/call.js').Call} call
 * @param {import('../../room/notes_links.js').NotesLinks} notes
 * @param {string} name
 */
export function links(call, notes, name) {
  const copyCall = find('copy-call', HTMLButtonElement);
  if (copyCall) copyCall.onclick = () => void copyLink(call.ask({ type: 'link' }));
  byId('copy-notes', HTMLButtonElement).onclick = () => {
    void copyLink(notes.ask().then((links) => links && { link: links.link, note: '' }));
  };
  byId('open-notes', HTMLButtonElement).onclick = async () => {
    // A browser may not open a tab long after the click, so it does not wait for the answer.
    const links = notes.latest ?? (await notes.ask());
    if (!links) return showBanner('problem', text('notes.offline'));
    openTab(withName(new URL(links.own, pageAddress()).href, name));
  };
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
 * are used up, stopped or renewed.
 *
 * @param {Promise<{link: string | null, note: string} | null>} asked
 */
async function copyLink(asked) {
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
