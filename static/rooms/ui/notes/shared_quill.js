import { Quill, QuillCursors } from '../../../vendor/notes-editor.js';

// As `Quill.import`, which looks like a module's import to the server.
const Header = /** @type {any} */ (Quill.imports['formats/header']);

/** The title of the page is its only heading of level 1, so those in the text begin with 2. */
class Heading extends Header {
  static tagName = ['H2', 'H3', 'H4', 'H5', 'H6'];
}

Quill.register('formats/header', Heading, true);
Quill.register('modules/cursors', QuillCursors, true);

/**
 * Quill restores its caret after every change, and takes the focus to do so. That is right only
 * while the person writes in it. Changes by others must not move the focus.
 */
export class SharedQuill extends Quill {
  /**
   * @param {Parameters<Quill['updateContents']>[0]} delta
   * @param {Parameters<Quill['updateContents']>[1]} source
   */
  updateContents(delta, source) {
    if (source === 'user' || this.hasFocus()) return super.updateContents(delta, source);
    const { root } = this;
    const focus = root.focus;
    const at = document.activeElement;
    root.focus = () => {};
    try {
      return super.updateContents(delta, source);
    } finally {
      root.focus = focus;
      // If the page has the focus, Chromium moves it along with the caret.
      const moved = at !== document.activeElement;
      if (at instanceof HTMLElement && moved) at.focus({ preventScroll: true });
    }
  }

  /**
   * May this person write? Screen readers find the headings of a document, and edit a text box.
   *
   * @param {boolean} write
   */
  allow(write) {
    this.enable(write);
    const { root } = this;
    root.setAttribute('role', write ? 'textbox' : 'document');
    for (const [name, value] of [['aria-multiline', 'true'], ['aria-readonly', 'false']]) {
      if (write) root.setAttribute(name, value);
      else root.removeAttribute(name);
    }
  }
}
