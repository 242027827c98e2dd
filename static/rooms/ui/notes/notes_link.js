import { typed } from '../../common/links.js';
import { byId } from '../dom.js';

/**
 * @typedef {import('../../../vendor/notes-editor.js').Quill} Quill
 * @typedef {{index: number, length: number}} Range
 */

/** Sets, changes and removes links in the notes. Without a selection it also asks for the words. */
export class LinkDialog {
  /** @param {Quill} quill */
  constructor(quill) {
    this._quill = quill;
    /** @type {Range} what the link replaces */
    this._range = { index: 0, length: 0 };
    this._before = '';
    this._dialog = byId('link-dialog', HTMLDialogElement);
    this._text = byId('link-text', HTMLInputElement);
    this._address = byId('link-address', HTMLInputElement);
    this._remove = byId('link-remove', HTMLButtonElement);
    byId('link-cancel', HTMLButtonElement).onclick = () => this._dialog.close();
    this._remove.onclick = () => {
      this._quill.formatText(this._range.index, this._range.length, 'link', false, 'user');
      this._dialog.close();
    };
    byId('link-form', HTMLFormElement).onsubmit = () => this._save();
    this._dialog.onclose = () => this._quill.focus();
  }

  open() {
    const range = this._quill.getSelection(true);
    const link = this._linkAt(range.index);
    this._range = !range.length && link ? link.range : range;
    this._before = this._quill.getText(this._range);
    this._text.value = this._before;
    this._address.value = link?.address ?? (/^\S+\.\S+$/.test(this._before) ? this._before : '');
    this._remove.hidden = !link;
    this._dialog.showModal();
    (this._before ? this._address : this._text).focus();
  }

  /**
   * The link around a place in the text.
   *
   * @param {number} index
   * @returns {{range: Range, address: string} | null}
   */
  _linkAt(index) {
    const [leaf] = this._quill.getLeaf(index);
    const element = leaf?.domNode.parentElement?.closest('a');
    const blot = element && this._quill.scroll.find(element, true);
    if (!element || !blot) return null;
    const range = { index: this._quill.getIndex(/** @type {any} */ (blot)), length: blot.length() };
    return { range, address: element.getAttribute('href') ?? '' };
  }

  _save() {
    const address = typed(this._address.value.trim());
    const words = this._text.value.trim() || address;
    const { index, length } = this._range;
    if (words === this._before) {
      this._quill.formatText(index, length, 'link', address, 'user');
    } else {
      this._quill.deleteText(index, length, 'user');
      this._quill.insertText(index, words, 'link', address, 'user');
    }
    this._quill.setSelection(index + words.length, 0, 'user');
    // The next words are not part of the link.
    this._quill.format('link', false, 'user');
  }
}
