import { text } from '../../common/texts.js';
import { hue } from '../../room/people.js';
import { attach, icon, make } from '../dom.js';
import { showAvatar } from '../avatar.js';
import { mustShrink } from './layout.js';

/**
 * @typedef {import('../../room/people.js').TileModel} TileModel
 * @typedef {import('./layout.js').Rect} Rect
 * @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null, live: boolean}} Media
 * @typedef {{
 *   pin: (key: string) => void,
 *   play: (media: HTMLMediaElement) => void,
 *   statistics: (model: TileModel, title: string, opener: HTMLElement) => void,
 *   remove: (model: TileModel) => void,
 *   menu: (model: TileModel, opener: HTMLElement) => void,
 *   reshaped: () => void,
 * }} Actions
 */

/** One video with a name: a person's camera, or the screen that they share. */
export class Tile {
  /**
   * @param {TileModel} model
   * @param {Actions} actions
   */
  constructor(model, actions) {
    this.key = model.key;
    this._model = model;
    this._play = actions.play;
    this.video = make('video');
    this.video.muted = true;
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.audio = model.own ? null : make('audio');
    if (this.audio) this.audio.autoplay = true;
    this._name = makeName();
    this._avatar = make('div', 'avatar');
    this._avatar.setAttribute('aria-hidden', 'true');
    this._pin = this._makePin(actions.pin);
    this._limit = make('p', 'tile-limit', icon('gauge'), make('span'));
    this._limit.hidden = true;
    this._remove = this._makeRemove(actions.remove);
    const statistics = this._makeStatistics(actions.statistics);
    this._menu = this._makeMenu(actions.menu);
    const parts = [this._menu, this._remove, statistics, this._pin];
    const buttons = make('div', 'tile-buttons', ...parts);
    this._muted = mark('mic-off', 'muted', text('call.muted'));
    this._speaks = mark('audio-lines', 'speaks', text('call.speaking'));
    const hand = mark('hand', 'hand', text('call.hand'));
    this._place = make('span', 'hand-place');
    const marks = [hand, this._place, this._speaks, this._muted];
    const label = make('div', 'tile-label', ...marks, this._name);
    this.element = make('div', 'tile', this.video, this._avatar, label, this._limit, buttons);
    if (this.audio) this.element.append(this.audio);
    this.element.classList.toggle('screen', model.screen);
    this.element.classList.toggle('mirrored', model.own && !model.screen);
    this.element.onclick = () => actions.pin(this.key);
    /** @type {import('./layout.js').Ratio} of the video, once there was one */
    this.ratio = null;
    this.video.onresize = () => this._measure() && actions.reshaped();
  }

  /** @param {(key: string) => void} pin */
  _makePin(pin) {
    const button = make('button', 'tile-button pin', icon('pin', 'off'), icon('pin-off', 'on'));
    button.type = 'button';
    button.setAttribute('aria-label', text('call.pin'));
    button.onclick = (event) => {
      event.stopPropagation();
      pin(this.key);
    };
    return button;
  }

  /** @param {Actions['remove']} remove */
  _makeRemove(remove) {
    const button = make('button', 'tile-button remove', icon('user-x'));
    button.type = 'button';
    button.onclick = (event) => {
      event.stopPropagation();
      remove(this._model);
    };
    return button;
  }

  /** @param {Actions['menu']} open */
  _makeMenu(open) {
    const button = make('button', 'tile-button actions', icon('ellipsis'));
    button.type = 'button';
    button.setAttribute('aria-haspopup', 'menu');
    button.setAttribute('aria-expanded', 'false');
    button.onclick = (event) => {
      event.stopPropagation();
      open(this._model, button);
    };
    return button;
  }

  /** @param {Actions['statistics']} show */
  _makeStatistics(show) {
    const button = make('button', 'tile-button', icon('chart-line'));
    button.type = 'button';
    button.setAttribute('aria-label', text('stats.open'));
    button.title = text('stats.open');
    button.onclick = (event) => {
      event.stopPropagation();
      show(this._model, caption(this._model), button);
    };
    return button;
  }

  /** @param {string} words what limits the video, or '' */
  limit(words) {
    this._limit.hidden = !words;
    this._limit.title = words;
    const line = this._limit.querySelector('span');
    if (line && line.textContent !== words) line.textContent = words;
  }

  /**
   * @param {TileModel} model
   * @param {Media} media
   * @param {boolean} pinned
   */
  update(model, media, pinned) {
    this._model = model;
    const { classList, style } = this.element;
    this._name.textContent = caption(model);
    showLink(this._name, model);
    showAvatar(this._avatar, model);
    this._remove.hidden = !model.removable || model.screen;
    this._remove.title = text('remove.open', { name: model.name });
    this._remove.setAttribute('aria-label', this._remove.title);
    this._menu.hidden = !model.managed || model.screen;
    this._menu.title = text('people.actions', { name: model.name });
    this._menu.setAttribute('aria-label', this._menu.title);
    style.setProperty('--hue', `hsl(${hue(model.name)} 38% 46%)`);
    classList.toggle('is-muted', model.muted && !model.screen);
    classList.toggle('is-speaking', model.speaking);
    const hand = model.screen ? 0 : model.hand;
    classList.toggle('has-hand', hand > 0);
    this._place.textContent = hand ? String(hand) : '';
    classList.toggle('live', media.live);
    this._pin.setAttribute('aria-pressed', String(pinned));
    attach(this.video, media.live ? media.video : null, this._play);
    if (this.audio) attach(this.audio, media.audio, this._play);
  }

  /** Has the shape of the video changed? Rounding makes the layers of a camera differ a little. */
  _measure() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (!width || !height) return false;
    const ratio = width / height;
    if (this.ratio !== null && Math.abs(ratio / this.ratio - 1) < 0.02) return false;
    this.ratio = ratio;
    return true;
  }

  /**
   * @param {Rect | null} rect null: not shown
   * @param {boolean} corner does it lie over another tile?
   * @param {boolean} away is it on another page? Then only its name is there, for screen readers.
   */
  place(rect, corner, away) {
    const { style, classList } = this.element;
    this.element.hidden = rect === null && !away;
    // From another page it does not fly in.
    classList.toggle('still', rect !== null && classList.contains('away'));
    classList.toggle('away', rect === null && away);
    if (!rect) return;
    classList.toggle('corner', corner);
    classList.toggle('whole', mustShrink(this.ratio, rect));
    style.setProperty('--x', `${Math.round(rect.x)}px`);
    style.setProperty('--y', `${Math.round(rect.y)}px`);
    style.setProperty('--width', `${Math.floor(rect.width)}px`);
    style.setProperty('--height', `${Math.floor(rect.height)}px`);
  }

  close() {
    for (const element of [this.video, this.audio]) if (element) element.srcObject = null;
    this.element.remove();
  }
}

/**
 * An icon with words for screen readers.
 *
 * @param {string} name
 * @param {string} className
 * @param {string} words
 */
function mark(name, className, words) {
  const svg = icon(name, className);
  svg.removeAttribute('aria-hidden');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', words);
  return svg;
}

/** The name, which is a link while the person is known by their site. */
function makeName() {
  const name = make('a', 'tile-name');
  name.target = '_blank';
  name.rel = 'noopener noreferrer';
  name.onclick = (event) => {
    // The tile itself is pinned by a click.
    if (name.hasAttribute('href')) event.stopPropagation();
  };
  return name;
}

/**
 * @param {HTMLAnchorElement} name
 * @param {TileModel} model
 */
function showLink(name, { link, screen }) {
  const shown = screen ? '' : link;
  if ((name.getAttribute('href') ?? '') === shown) return;
  if (shown) name.href = shown;
  else name.removeAttribute('href');
  name.title = shown;
}

/** @param {TileModel} model */
export function caption({ name, own, screen }) {
  if (screen) return own ? text('screen.own') : text('screen.of', { name });
  return own ? text('call.you', { name }) : name;
}
