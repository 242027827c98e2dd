import { text } from '../texts.js';
import { showBanner } from './banner.js';
import { byId } from './dom.js';

/** @typedef {import('../people.js').TileModel} TileModel */

/** Asks before somebody is removed. Whoever opened it gets the focus back: that is what a modal dialog does by itself. */
export class RemoveDialog {
  /** @param {import('../call.js').Call} call */
  constructor(call) {
    this._call = call;
    this._dialog = byId('remove-dialog', HTMLDialogElement);
    this._title = byId('remove-title', HTMLElement);
    this._ofPerson = byId('remove-person', HTMLElement);
    this._ofStream = byId('remove-stream', HTMLElement);
    /** @type {TileModel | null} */
    this._model = null;
    byId('remove-yes', HTMLButtonElement).onclick = () => this._remove();
    this._dialog.onclose = () => {
      this._model = null;
    };
    call.on('ended', () => this._dialog.close());
  }

  /** @param {TileModel} model */
  open(model) {
    this._model = model;
    this._title.textContent = text('remove.title', { name: model.name });
    this._ofPerson.hidden = model.stream;
    this._ofStream.hidden = !model.stream;
    // Not both: a description names what is hidden too.
    this._dialog.setAttribute('aria-describedby', model.stream ? this._ofStream.id : this._ofPerson.id);
    this._dialog.showModal();
  }

  /** @param {readonly TileModel[]} models of the tiles that there are now: who has left needs no removing */
  keep(models) {
    if (this._model && !models.some(({ person }) => person === this._model?.person)) this._dialog.close();
  }

  _remove() {
    const sent = this._model && this._call.remove(this._model.person);
    if (sent === false) showBanner('problem', text('remove.offline'));
  }
}
