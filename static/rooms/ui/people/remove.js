import { text } from '../../common/texts.js';
import { showBanner } from '../banner.js';
import { byId } from '../dom.js';

/**
 * @typedef {import('../../room/people.js').TileModel} TileModel
 * @typedef {import('../../common/types.js').LinkOfEvent} LinkOfEvent
 */

/** Asks before someone is removed. A modal dialog gives the focus back by itself. */
export class RemoveDialog {
  /** @param {import('../../room/call.js').Call} call */
  constructor(call) {
    this._call = call;
    this._dialog = byId('remove-dialog', HTMLDialogElement);
    this._title = byId('remove-title', HTMLElement);
    this._ofPerson = byId('remove-person', HTMLElement);
    this._ofStream = byId('remove-stream', HTMLElement);
    this._link = byId('remove-link', HTMLElement);
    this._notes = byId('remove-notes', HTMLElement);
    this._stop = byId('remove-stop', HTMLInputElement);
    this._others = byId('remove-others', HTMLElement);
    /** @type {TileModel | null} */
    this._model = null;
    byId('remove-yes', HTMLButtonElement).onclick = () => this._remove();
    this._dialog.onclose = () => {
      this._model = null;
    };
    this._fresh = byId('fresh-link', HTMLDialogElement);
    // The dialog would cover the message that the link was copied.
    byId('fresh-link-copy', HTMLButtonElement).addEventListener('click', () => this._fresh.close());
    call.on('fresh_link', (link) => this._showFresh(link));
    call.on('ended', () => {
      this._dialog.close();
      this._fresh.close();
    });
  }

  /** @param {TileModel} model */
  open(model) {
    this._model = model;
    this._title.textContent = text('remove.title', { name: model.name });
    this._ofPerson.hidden = model.stream;
    this._ofStream.hidden = !model.stream;
    // Only the visible one: a description includes hidden elements.
    const shown = model.stream ? this._ofStream : this._ofPerson;
    this._dialog.setAttribute('aria-describedby', shown.id);
    this._stop.checked = false;
    this._link.hidden = this._notes.hidden = true;
    this._others.textContent = '';
    this._dialog.showModal();
    // Chromium complains about the attribute autofocus in a frame of another site.
    byId('remove-cancel', HTMLButtonElement).focus();
    // A stream has a key, not a link.
    if (!model.stream) void this._askLink(model);
  }

  /** @param {TileModel} model */
  async _askLink({ person, name }) {
    const answer = await this._call.ask({ type: 'link_of', participant: person });
    if (!answer || answer.participant !== this._model?.person) return;
    this._link.hidden = this._notes.hidden = answer.state !== 'open';
    this._others.textContent = linkWords(answer, name);
  }

  /** @param {readonly TileModel[]} models of the current tiles; the dialog closes with its own */
  keep(models) {
    const there = models.some(({ person }) => person === this._model?.person);
    if (this._model && !there) this._dialog.close();
  }

  _remove() {
    const sent = this._model && this._call.remove(this._model.person, this._stop.checked);
    if (sent === false) showBanner('problem', text('remove.offline'));
  }

  /** @param {string} link replaces the stopped one */
  _showFresh(link) {
    byId('fresh-link-field', HTMLInputElement).value = link;
    if (this._fresh.open) return;
    this._fresh.showModal();
    byId('fresh-link-copy', HTMLButtonElement).focus();
  }
}

/**
 * What to know about someone's link before they are removed.
 *
 * @param {LinkOfEvent} answer
 * @param {string} name
 */
function linkWords({ state, others, more }, name) {
  if (state === 'none') return text('remove.visitor');
  if (state === 'closed') return text('remove.closed');
  const names = more ? [...others, text('remove.more', { count: more })] : others;
  const list = new Intl.ListFormat(document.documentElement.lang || undefined).format(names);
  const too = names.length ? text('remove.others', { names: list }) : text('remove.nobody');
  return `${too} ${text('remove.private', { name })}`;
}
