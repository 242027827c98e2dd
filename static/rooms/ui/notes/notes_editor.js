import { Quill, QuillBinding, Y } from '../../../vendor/notes-editor.js';
import { choices, remember } from '../../common/choices.js';
import { socketUrl } from '../../common/config.js';
import { line } from '../../common/plain_text.js';
import { text, useTexts } from '../../common/texts.js';
import { NotesProvider } from '../../room/notes_provider.js';
import { hue } from '../../room/people.js';
import { byId, configText, isFramed, pageAddress } from '../dom.js';
import { Authors } from './authors.js';
import { History } from './history.js';
import { LinkDialog } from './notes_link.js';
import { showPresence } from './presence.js';
import { SharedQuill } from './shared_quill.js';

/**
 * @typedef {{
 *   key: string,
 *   pass: string,
 *   address: string,
 *   versions: string,
 *   read_only: boolean,
 *   ws: string,
 *   title: string,
 *   name: string,
 *   texts: Record<string, string>,
 * }} NotesConfig `key` of a link, or the `pass` of someone in the call; `address` may be copied
 */

const FORMATS = [
  'bold', 'italic', 'underline', 'strike', 'header', 'list', 'indent', 'blockquote', 'code-block',
  'code', 'link',
];

/** @type {NotesConfig} */
const config = JSON.parse(configText());
useTexts(config.texts);
document.body.classList.toggle('framed', isFramed());

// People copy the address bar, and their own address is for them alone.
if (config.pass && !isFramed()) history.replaceState(null, '', config.address);

const doc = new Y.Doc();
const shown = config.key ? `key.${config.key}` : `pass.${config.pass}`;
const provider = new NotesProvider(socketUrl(config.ws, pageAddress()), shown, doc);
let write = !config.read_only;
const quill = editor();
const shared = doc.getText('notes');
new QuillBinding(shared, quill, provider.awareness);
const authors = new Authors(quill, shared);
if (write) new History(quill, config.versions, FORMATS);
byId('history-button', HTMLElement).hidden = !write;
showPresence(provider.awareness);
showStatus();
who();
provider.on('told', (told) => {
  if (told.authors) authors.know(told.authors);
  if (told.write !== undefined) allow(told.write);
});
provider.connect();

function editor() {
  const toolbar = byId('toolbar', HTMLElement);
  const made = new SharedQuill(byId('editor', HTMLElement), {
    theme: 'snow',
    readOnly: config.read_only,
    placeholder: config.read_only ? '' : text('notes.placeholder'),
    formats: FORMATS,
    modules: {
      toolbar: { container: toolbar, handlers: { link: () => links.open() } },
      keyboard: { bindings: { more: indenting(']', '+1'), less: indenting('[', '-1') } },
      // The binding places the carets after each change.
      cursors: { transformOnTextChange: false },
      history: { userOnly: true },
    },
  });
  toolbar.hidden = config.read_only;
  // Quill binds Tab and Shift+Tab. Without a mouse one could not leave the notes.
  delete made.keyboard.bindings.Tab;
  const links = new LinkDialog(made);
  made.root.setAttribute('aria-labelledby', 'notes-title');
  made.allow(!config.read_only);
  return made;
}

/**
 * A host may make a speaker of a listener, and the reverse.
 *
 * @param {boolean} now
 */
function allow(now) {
  if (now === write) return;
  write = now;
  byId('toolbar', HTMLElement).hidden = !now;
  quill.allow(now);
  status();
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
  provider.on('status', status);
  status();
}

function status() {
  const place = byId('status', HTMLElement);
  const reading = !write && provider.status === 'saved';
  place.textContent = reading ? text('notes.read_only') : text(`notes.${provider.status}`);
  place.dataset.status = provider.status;
  if (provider.status === 'refused') quill.allow(false);
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
