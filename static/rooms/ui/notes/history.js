import { Quill } from '../../../vendor/notes-editor.js';
import { text } from '../../common/texts.js';
import { byId, make } from '../dom.js';
import { LOCALE } from '../moments.js';

/**
 * @typedef {{id: number, created: string, names: string}} Version
 * @typedef {{insert: string, attributes?: Record<string, unknown>}[]} Ops
 */

const ANSWER_WITHIN = 10_000;

/** Earlier versions of the notes: looks at them, and goes back to one with a new edit. */
export class History {
  /**
   * @param {Quill} quill
   * @param {string} address
   * @param {string[]} formats
   */
  constructor(quill, address, formats) {
    this._quill = quill;
    this._address = address;
    this._dialog = byId('history-dialog', HTMLDialogElement);
    this._list = byId('history-list', HTMLElement);
    this._message = byId('history-message', HTMLElement);
    this._yes = byId('history-yes', HTMLButtonElement);
    this._formats = formats;
    /** @type {Quill | null} while the dialog is open */
    this._preview = null;
    /** @type {Ops | null} */
    this._chosen = null;
    byId('history-button', HTMLButtonElement).onclick = () => void this._open();
    byId('history-close', HTMLButtonElement).onclick = () => this._dialog.close();
    this._yes.onclick = () => void this._goBack();
    this._dialog.onclose = () => {
      this._preview = null;
      byId('history-preview', HTMLElement).replaceChildren();
    };
  }

  _makePreview() {
    const place = make('div', 'editor');
    byId('history-preview', HTMLElement).replaceChildren(place);
    const preview = new Quill(place, {
      readOnly: true,
      formats: this._formats,
      modules: { toolbar: false },
    });
    preview.root.setAttribute('role', 'document');
    preview.root.setAttribute('aria-label', text('notes.preview'));
    // So that it can be scrolled with the keyboard.
    preview.root.tabIndex = 0;
    return preview;
  }

  async _open() {
    this._preview = this._makePreview();
    this._choose(null);
    this._list.replaceChildren();
    this._message.textContent = text('notes.loading');
    this._dialog.showModal();
    const answer = await asked(this._address);
    /** @type {Version[] | undefined} */
    const versions = answer?.versions;
    this._message.textContent = !versions
      ? text('notes.history_failed')
      : versions.length ? '' : text('notes.no_history');
    this._list.replaceChildren(...(versions ?? []).map((version) => this._item(version)));
    const first = this._list.querySelector('button');
    if (first instanceof HTMLElement) {
      first.focus();
      first.click();
    }
  }

  /** @param {Version} version */
  _item(version) {
    const when = new Intl.DateTimeFormat(LOCALE, {
      dateStyle: 'medium',
      timeStyle: 'short',
    }).format(new Date(version.created));
    const button = make('button', 'history-item', make('span', '', when));
    if (version.names) button.append(make('span', 'quiet small', version.names));
    button.type = 'button';
    button.setAttribute('aria-pressed', 'false');
    button.onclick = () => void this._look(version, button);
    return make('li', '', button);
  }

  /**
   * @param {Version} version
   * @param {HTMLButtonElement} button
   */
  async _look({ id }, button) {
    for (const other of this._list.querySelectorAll('button')) {
      other.setAttribute('aria-pressed', String(other === button));
    }
    const answer = await asked(`${this._address}${id}/`);
    if (button.getAttribute('aria-pressed') !== 'true') return;
    this._choose(answer?.ops ?? null);
    this._message.textContent = answer ? '' : text('notes.history_failed');
  }

  /** @param {Ops | null} ops */
  _choose(ops) {
    this._chosen = ops;
    this._yes.disabled = !ops;
    this._preview?.setContents(ops ?? [], 'silent');
  }

  /** The notes as they are now become a version too, so that nothing is lost. */
  async _goBack() {
    if (!this._chosen || !this._preview) return;
    // With the line feed at the end that Quill adds.
    const target = this._preview.getContents();
    this._yes.disabled = true;
    const kept = await asked(this._address, 'POST');
    this._yes.disabled = false;
    if (!kept) {
      this._message.textContent = text('notes.history_failed');
      return;
    }
    // Only what differs, so that it stays known who wrote the rest.
    this._quill.updateContents(this._quill.getContents().diff(target), 'user');
    this._dialog.close();
    this._quill.focus();
  }
}

/**
 * @param {string} address
 * @param {'GET' | 'POST'} method
 * @returns {Promise<any>} null: no good answer
 */
async function asked(address, method = 'GET') {
  const signal = AbortSignal.timeout(ANSWER_WITHIN);
  try {
    const response = await fetch(address, { method, signal });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
