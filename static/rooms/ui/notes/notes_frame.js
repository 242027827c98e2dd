import { askedByScript, withName } from '../../common/config.js';
import { text } from '../../common/texts.js';
import { openTab } from '../controls/link_buttons.js';
import { byId, find, make, pageAddress } from '../dom.js';

/** Etherpad takes some seconds on a slow line. After this time the frame has failed. */
const LOAD_WITHIN = 15_000;

/** @typedef {import('../../room/notes_links.js').Links} Links */

/** The notes beside the call. */
export class NotesFrame {
  /**
   * @param {import('../../room/notes_links.js').NotesLinks} links
   * @param {string} name
   */
  constructor(links, name) {
    this._links = links;
    this._name = name;
    this._place = byId('notes-frame', HTMLElement);
    this._message = byId('notes-message', HTMLElement);
    this._open = byId('notes-open', HTMLButtonElement);
    this._timer = 0;
    /** @type {HTMLIFrameElement | null} */
    this._frame = null;
    links.on('links', ({ link }) => showAtEnd(link));
    links.on('moved', (moved) => {
      if (this._frame) void this._show(moved);
    });
    // If the notes are not available, our own address says why.
    this._open.onclick = () => {
      const { latest } = links;
      if (latest) openTab(this._address(latest.own));
      else void this.open();
    };
  }

  /** Called after the join, so that the notes never delay sound. */
  async open() {
    const links = await this._links.ask();
    if (links) await this._show(links);
    else this._failed();
  }

  /** @param {Links} links */
  async _show({ frame: address, check }) {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._failed(), LOAD_WITHIN);
    if (check && !(await redirects(this._address(check)))) return this._failed();
    // The person has left meanwhile and sees the end page.
    if (this._place.closest('[hidden]')) return clearTimeout(this._timer);
    const frame = make('iframe');
    frame.title = byId('notes', HTMLElement).getAttribute('aria-label') ?? '';
    frame.allow = 'clipboard-write';
    frame.onload = () => {
      clearTimeout(this._timer);
      this._message.hidden = loaded(frame, check !== '');
      if (!this._message.hidden) this._failed();
    };
    frame.onerror = () => this._failed();
    frame.src = this._address(address);
    this._frame?.remove();
    this._frame = frame;
    this._place.append(frame);
  }

  /** @param {string} path */
  _address(path) {
    return withName(new URL(path, pageAddress()).href, this._name);
  }

  _failed() {
    clearTimeout(this._timer);
    byId('notes-text', HTMLElement).textContent = text('notes.failed');
    this._message.hidden = false;
    this._open.hidden = false;
  }
}

/**
 * The end page has the link to the notes, if this person has been in the call.
 *
 * @param {string} address
 */
function showAtEnd(address) {
  const link = find('end-notes', HTMLAnchorElement);
  if (!link) return;
  link.href = address;
  link.hidden = false;
}

/** @param {string} url */
async function redirects(url) {
  const signal = AbortSignal.timeout(LOAD_WITHIN);
  const options = { method: 'HEAD', redirect: /** @type {const} */ ('manual'), signal };
  const asked = fetch(askedByScript(url), options);
  return asked.then((response) => response.type === 'opaqueredirect', () => false);
}

/**
 * Does the frame show notes? Another site's page cannot be read, but its server has just been
 * asked, so it counts. Our own notes page has a class. An error page, ours or the browser's, has
 * not.
 *
 * @param {HTMLIFrameElement} frame
 * @param {boolean} asked
 */
function loaded(frame, asked) {
  if (frame.contentDocument === null) return asked;
  return frame.contentDocument.body?.classList.contains('notes-page') ?? false;
}
