import { Quill, QuillBinding, QuillCursors, Y } from '../../../vendor/notes-editor.js';
import { choices, remember } from '../../common/choices.js';
import { socketUrl } from '../../common/config.js';
import { line } from '../../common/plain_text.js';
import { text, useTexts } from '../../common/texts.js';
import { NotesProvider } from '../../room/notes_provider.js';
import { hue } from '../../room/people.js';
import { byId, configText, isFramed, pageAddress } from '../dom.js';
import { LinkDialog } from './notes_link.js';

/**
 * @typedef {{
 *   key: string,
 *   read_only: boolean,
 *   ws: string,
 *   title: string,
 *   name: string,
 *   texts: Record<string, string>,
 * }} NotesConfig
 */

const FORMATS = [
  'bold', 'italic', 'underline', 'strike', 'header', 'list', 'indent', 'blockquote', 'code-block',
  'code', 'link',
];

/**
 * Quill restores its caret after every change, and takes the focus to do so. That is right only
 * while the person writes in it. Changes by others must not move the focus.
 */
class SharedQuill extends Quill {
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
}

/** @type {NotesConfig} */
const config = JSON.parse(configText());
useTexts(config.texts);
document.body.classList.toggle('framed', isFramed());

const doc = new Y.Doc();
const provider = new NotesProvider(socketUrl(config.ws, pageAddress()), config.key, doc);
const quill = editor();
new QuillBinding(doc.getText('notes'), quill, provider.awareness);
showStatus();
who();
provider.connect();

function editor() {
  Quill.register('modules/cursors', QuillCursors, true);
  const toolbar = byId('toolbar', HTMLElement);
  toolbar.hidden = config.read_only;
  const made = new SharedQuill(byId('editor', HTMLElement), {
    theme: 'snow',
    readOnly: config.read_only,
    placeholder: config.read_only ? '' : text('notes.placeholder'),
    formats: FORMATS,
    modules: {
      toolbar: !config.read_only && { container: toolbar, handlers: { link: () => links.open() } },
      keyboard: { bindings: { more: indenting(']', '+1'), less: indenting('[', '-1') } },
      // The binding places the carets after each change.
      cursors: { transformOnTextChange: false },
      history: { userOnly: true },
    },
  });
  // Quill binds Tab and Shift+Tab. Without a mouse one could not leave the notes.
  delete made.keyboard.bindings.Tab;
  const links = new LinkDialog(made);
  made.root.setAttribute('role', 'textbox');
  made.root.setAttribute('aria-multiline', 'true');
  made.root.setAttribute('aria-readonly', String(config.read_only));
  made.root.setAttribute('aria-labelledby', 'notes-title');
  return made;
}

/**
 * Ctrl, or Command on a Mac, with a bracket.
 *
 * @param {string} key
 * @param {string} by
 */
function indenting(key, by) {
  /** @this {{quill: Quill}} */
  function indent() {
    this.quill.format('indent', by, 'user');
    return false;
  }
  return { key, shortKey: true, handler: indent };
}

function showStatus() {
  const status = byId('status', HTMLElement);
  const show = () => {
    const reading = config.read_only && provider.status === 'saved';
    status.textContent = reading ? text('notes.read_only') : text(`notes.${provider.status}`);
    status.dataset.status = provider.status;
    if (provider.status === 'refused') quill.disable();
  };
  provider.on('status', show);
  show();
}

/** The name at this person's cursor: from the call page, remembered, or typed here. */
function who() {
  const field = byId('name', HTMLInputElement);
  const place = byId('name-field', HTMLElement);
  const use = (/** @type {string} */ name) => {
    const shown = line(name) || text('notes.guest');
    const color = `hsl(${hue(shown)} 55% 40%)`;
    provider.awareness.setLocalStateField('user', { name: shown, color });
  };
  field.value = config.name || choices().name;
  place.hidden = Boolean(config.name) || config.read_only;
  field.oninput = () => {
    use(field.value);
    remember({ name: line(field.value) });
  };
  use(field.value);
}
