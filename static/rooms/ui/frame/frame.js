// In a frame: tells the page around the call what happens, and does what it asks for.

import { Embedder, VERSION } from '../../room/embedder.js';
import { byId, isFramed } from '../dom.js';
import { neededHeight } from './height.js';

/** Says to the page around the frame: any height will do. */
const FILLS = 0;

/** @typedef {import('../../room/call.js').Call} Call */

export class Frame {
  /**
   * @param {import('../../common/types.js').Config} config
   * @param {import('../../media/local_media.js').LocalMedia} local
   */
  constructor(config, local) {
    /** @type {Call | null} */
    this._call = null;
    this._local = local;
    const post = (/** @type {object} */ message, /** @type {string} */ origin) =>
      window.parent.postMessage(message, origin);
    this._embedder = new Embedder(config.embed, location.origin, post);
    if (!isFramed()) return;
    addEventListener('message', (event) => this._receive(event));
    this._follow();
    // It says nothing but that a call page is here. Whoever is listed answers.
    window.parent.postMessage({ confcall: VERSION, type: 'hello' }, '*');
  }

  /** @param {MessageEvent} event */
  _receive({ source, origin, data }) {
    if (source !== window.parent) return;
    const command = this._embedder.receive(data, origin);
    if (command?.type === 'leave') this._call?.leave();
    if (command?.type === 'mute') this._mute();
    if (command?.type === 'focus') this._focus();
  }

  _mute() {
    if (this._local.isOn('microphone')) void this._local.setMicrophone(false);
    if (this._local.isOn('camera')) void this._local.setCamera(false);
  }

  _focus() {
    const { stage } = document.body.dataset;
    if (stage === 'call') byId('call-title', HTMLElement).focus();
    else if (stage === 'end') byId('end-title', HTMLElement).focus();
    else byId('name', HTMLInputElement).focus();
  }

  /** @param {Call} call */
  start(call) {
    this._call = call;
    call.on('changed', () => {
      if (call.over || !call.entered) return;
      this._embedder.joined();
      const people = [...call.room.people.values()];
      this._embedder.people(people.map((person) => person.name));
      this._embedder.hand(Boolean(call.room.people.get(call.room.you)?.hand));
      this._tellMuted();
    });
    this._local.on('changed', () => call.entered && !call.over && this._tellMuted());
    call.on('ended', () => this._embedder.left());
    this._measure();
  }

  _tellMuted() {
    this._embedder.muted(!this._local.isOn('microphone'), !this._local.isOn('camera'));
  }

  /** The lobby and the end page have a height of their own; a call fills what it gets. */
  _follow() {
    const observer = new ResizeObserver(() => this._measure());
    for (const id of ['lobby', 'end']) observer.observe(byId(id, HTMLElement));
    observer.observe(document.documentElement);
    this._measure();
  }

  _measure() {
    const { stage } = document.body.dataset;
    if (stage === 'call') return this._embedder.size(FILLS);
    this._embedder.size(neededHeight(byId(stage === 'end' ? 'end' : 'lobby', HTMLElement)));
  }
}
