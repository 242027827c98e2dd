// Small helpers for the document.

/**
 * The element with this id, of this class.
 *
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = find(id, kind);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T | null}
 */
export function find(id, kind) {
  const element = document.getElementById(id);
  return element instanceof kind ? element : null;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, className = '', ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/**
 * One of the icons in templates/rooms/icons.svg.
 *
 * @param {string} name
 * @param {string} [className]
 */
export function icon(name, className = '') {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', `icon ${className}`.trim());
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Let an element play a track, or nothing. A track that takes the place of another one joins its
 * stream: with a new stream, the element would be black and silent for a moment.
 *
 * @param {HTMLMediaElement} element
 * @param {MediaStreamTrack | null} track
 * @param {(element: HTMLMediaElement) => void} play
 */
export function attach(element, track, play) {
  const before = element.srcObject instanceof MediaStream ? element.srcObject.getTracks()[0] : null;
  if (before === (track ?? undefined) || before === track) return;
  if (before && track && element.srcObject instanceof MediaStream && !element.paused) {
    element.srcObject.addTrack(track);
    element.srcObject.removeTrack(before);
    return;
  }
  element.srcObject = track && new MediaStream([track]);
  if (track) play(element);
}

/** The text of the page's configuration. */
export function configText() {
  return byId('config', HTMLScriptElement).text;
}

export function pageAddress() {
  return document.baseURI;
}

/** Is this page inside another one? */
export function isFramed() {
  return window.top !== window;
}

/**
 * May the page around this one deny it a device? If the browser does not say, any such page may.
 *
 * @param {'camera' | 'microphone'} device
 */
export function deviceForbidden(device) {
  return isFramed() && allowed(device) !== true;
}

/**
 * Does the page around this one certainly deny it a device?
 *
 * @param {'camera' | 'microphone'} device
 */
export function deviceDenied(device) {
  return isFramed() && allowed(device) === false;
}

/**
 * @param {'camera' | 'microphone'} device
 * @returns {boolean | undefined} undefined: the browser does not say
 */
function allowed(device) {
  // Chromium's name; not in TypeScript's DOM library.
  /** @type {{featurePolicy?: {allowsFeature(name: string): boolean}}} */
  const { featurePolicy } = /** @type {any} */ (document);
  return featurePolicy?.allowsFeature(device);
}

/** @param {'lobby' | 'call' | 'end'} stage */
export function showStage(stage) {
  document.body.dataset.stage = stage;
  for (const name of ['lobby', 'call', 'end']) byId(name, HTMLElement).hidden = name !== stage;
  // In a call they have places of their own, so that they cover no control.
  byId(stage, HTMLElement).append(byId('banner', HTMLElement), byId('toast', HTMLElement));
}
