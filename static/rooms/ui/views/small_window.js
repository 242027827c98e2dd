import { text } from '../../common/texts.js';
import { hue, initials } from '../../room/people.js';
import { toast } from '../announce.js';
import { attach, byId, find, isFramed, make } from '../dom.js';
import { closeMore } from './more.js';

/**
 * @typedef {object} Scene who is shown in it
 * @property {string} key of their tile
 * @property {string} name
 * @property {MediaStreamTrack | null} track null: initials are shown
 * @property {boolean} mirrored
 * @property {HTMLVideoElement} video of the tile
 *
 * @typedef {{
 *   requestWindow(options: {width: number, height: number}): Promise<Window>,
 * }} Windows `documentPictureInPicture`, which TypeScript's DOM library lacks
 */

const SIZE = { width: 360, height: 300 };

/**
 * Picture-in-Picture: a small window that stays above all others, with the person who speaks and
 * buttons to mute and to leave. Browsers that only let a video float show the large tile's video.
 */
export class SmallWindow {
  /** @param {() => void} changed which video is wanted may be another now */
  constructor(changed) {
    this._changed = changed;
    this._button = byId('small-window', HTMLButtonElement);
    /** @type {Scene | null} */
    this._scene = null;
    /** @type {Content | null} */
    this._content = null;
    /** @type {HTMLVideoElement | null} that floats by itself */
    this._floating = null;
    /** Key of a tile whose own video floats: it stays the same until it is closed. */
    this.fixed = '';
    this._button.hidden = !windows() && !canFloat();
    this._button.onclick = () => void this._toggle();
  }

  /** The height in CSS pixels of the video that is shown in it; 0: it is closed. */
  get height() {
    return this.open ? SIZE.height : 0;
  }

  get open() {
    return Boolean(this._content || this._floating);
  }

  /** @param {Scene | null} scene */
  show(scene) {
    this._scene = scene;
    // A video without a picture cannot float.
    this._button.disabled = !this.open && !windows() && !scene?.track;
    if (scene) this._content?.show(scene);
  }

  async _toggle() {
    closeMore();
    if (this.open) return this.close();
    try {
      const source = windows();
      if (source) this._fill(await source.requestWindow(SIZE));
      else if (this._scene) await this._float(this._scene);
    } catch {
      toast(text('views.no_small_window'));
    }
  }

  /** @param {Window} view */
  _fill(view) {
    const content = new Content(view);
    this._content = content;
    view.addEventListener('pagehide', () => {
      content.end();
      if (this._content === content) this._content = null;
      this._shown();
    });
    this._shown();
  }

  /** @param {Scene} scene */
  async _float({ key, video }) {
    await video.requestPictureInPicture();
    this._floating = video;
    this.fixed = key;
    const closed = () => {
      if (this._floating === video) [this._floating, this.fixed] = [null, ''];
      this._shown();
    };
    video.addEventListener('leavepictureinpicture', closed, { once: true });
    this._shown();
  }

  _shown() {
    this._button.classList.toggle('is-on', this.open);
    const key = this.open ? 'views.close_small_window' : 'views.small_window';
    byId('small-window-word', HTMLElement).textContent = text(key);
    this._changed();
  }

  close() {
    this._content?.view.close();
    if (this._floating) void document.exitPictureInPicture().catch(() => {});
  }
}

/** What is in the window. The browser closes it together with the page. */
class Content {
  /** @param {Window} view */
  constructor(view) {
    this.view = view;
    this._video = make('video');
    this._video.muted = true;
    this._video.autoplay = true;
    this._video.playsInline = true;
    this._avatar = make('div', 'avatar');
    this._avatar.setAttribute('aria-hidden', 'true');
    this._name = make('p', 'tile-label');
    const tile = make('div', 'small-window-tile tile', this._video, this._avatar, this._name);
    this._tile = tile;
    this._mirrors = new MutationObserver(() => this._mirror());
    const microphone = find('microphone', HTMLButtonElement);
    this._own = microphone && { of: microphone, button: copyOf(microphone) };
    const leave = copyOf(byId('leave', HTMLButtonElement));
    const bar = make('div', 'small-window-bar', ...(this._own ? [this._own.button] : []), leave);
    const { body, documentElement: root } = view.document;
    root.lang = document.documentElement.lang;
    view.document.title = document.title;
    body.className = 'small-window';
    dress(view.document);
    body.append(tile, bar);
    if (microphone) this._mirrors.observe(microphone, { attributes: true });
    this._mirrors.observe(document.body, { attributes: true, attributeFilter: ['data-publish'] });
    this._mirror();
  }

  /** The button in the page decides what a press does, and shows what has become of it. */
  _mirror() {
    if (!this._own) return;
    const { of, button } = this._own;
    button.setAttribute('aria-pressed', of.getAttribute('aria-pressed') ?? 'false');
    button.disabled = of.disabled;
    button.hidden = document.body.dataset.publish === 'no';
  }

  /** @param {Scene} scene */
  show({ name, track, mirrored }) {
    this._name.textContent = name;
    this._avatar.textContent = initials(name);
    this._tile.style.setProperty('--hue', `hsl(${hue(name)} 38% 46%)`);
    this._tile.classList.toggle('live', Boolean(track));
    this._tile.classList.toggle('mirrored', mirrored);
    attach(this._video, track, (video) => void video.play().catch(() => {}));
  }

  end() {
    this._mirrors.disconnect();
    this._video.srcObject = null;
  }
}

/**
 * A button that presses the one in the page.
 *
 * @param {HTMLButtonElement} button
 */
function copyOf(button) {
  const copy = /** @type {HTMLButtonElement} */ (button.cloneNode(true));
  copy.removeAttribute('id');
  copy.removeAttribute('title');
  copy.onclick = () => button.click();
  return copy;
}

/**
 * Give another document the style sheets and icons of this one.
 *
 * @param {Document} other
 */
function dress(other) {
  for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
    if (!(link instanceof HTMLLinkElement)) continue;
    const copy = make('link');
    copy.rel = 'stylesheet';
    copy.href = link.href;
    other.head.append(copy);
  }
  const icons = document.querySelector('svg.sprite')?.cloneNode(true);
  if (icons) other.body.append(icons);
}

/** @returns {Windows | null} null in a frame, which may not open one */
function windows() {
  if (isFramed()) return null;
  return /** @type {any} */ (window).documentPictureInPicture ?? null;
}

/** Can a video float by itself? */
function canFloat() {
  const known = 'requestPictureInPicture' in HTMLVideoElement.prototype;
  return known && document.pictureInPictureEnabled;
}
