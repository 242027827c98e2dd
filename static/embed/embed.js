/**
 * Calls in the pages of other sites, version 1.
 *
 *   <script src="https://call.example.org/embed.js" async></script>
 *   <conf-call room="garden">
 *     <a href="https://call.example.org/r/garden/">Join the call in the garden</a>
 *   </conf-call>
 *
 * The site must be one of the room's "Allowed embedding origins". Readers get a still card, which
 * the call replaces when they click. Readers without scripts get what is inside the element.
 *
 * Attributes, of which one of the first three is needed:
 *   room="garden"      the room with this address
 *   invite="…"         the end of an invite's link, after /i/
 *   notes="…"          the end of a link to notes, after /n/
 *   mode="door"        with room: a small button that says whether the host is in
 *   title="…"          what screen readers call the frame
 *   height="480"       a fixed height in CSS pixels; without it the element sizes itself
 *
 * Methods: mute() turns camera and microphone off, leave() leaves the call, focus() brings the
 * keyboard there. There is none to turn a camera or microphone on: only the person may.
 *
 * Events are CustomEvents that do not bubble, with what they say in `detail`:
 *   ready    the lobby is there
 *   joined   the reader is in the call
 *   left     … and is no longer
 *   people   {count, names}: how many are in; names, or null unless the room lets sites know
 *   muted    {microphone, camera}: which of them are off
 *   hand     {raised}: whether the reader's hand is up
 *
 * Types for TypeScript: /embed.d.ts on the same host. More: docs/embedding.md of confcall.
 */
(() => {
  'use strict';

  const VERSION = 1;
  const script = document.currentScript ?? document.querySelector('script[src*="/embed.js"]');
  // The first script wins if a page has it twice.
  if (!script || !script.src || customElements.get('conf-call')) return;
  const BASE = new URL('.', script.src);

  const ALLOW = [
    'camera', 'microphone', 'display-capture', 'autoplay', 'fullscreen', 'clipboard-write',
    'screen-wake-lock', 'picture-in-picture',
  ].join('; ');

  const KEY = /^[a-zA-Z0-9_-]{1,64}$/;
  const SLUG = /^[a-z0-9-]{1,63}$/;
  // In the language of the page in the frame, which follows the browser.
  const TITLES = /^de\b/i.test(navigator.language ?? '')
    ? {
        card: 'Videogespräch',
        door: 'Tür zu einem Videogespräch',
        notes: 'Notizen eines Gesprächs',
      }
    : { card: 'Video call', door: 'Door to a video call', notes: 'Notes of a call' };

  // Until the page in the frame says how high it is, the frame keeps its proportions. It is never
  // higher than the reader's window.
  const STYLE = `
    :host { display: block; }
    :host([hidden]) { display: none; }
    iframe {
      display: block; box-sizing: border-box; width: 100%; border: 0; border-radius: 12px;
      aspect-ratio: 16 / 9; min-height: min(240px, 100vh); max-height: 100vh;
    }
    .door { aspect-ratio: auto; height: 172px; min-height: 0; }
    .notes { aspect-ratio: 4 / 3; min-height: min(360px, 100vh); }
    .call { aspect-ratio: auto; height: min(100vh, max(360px, min(80vh, 720px))); min-height: 0; }
    .fixed { aspect-ratio: auto; min-height: 0; }
  `;

  const isBool = (value) => typeof value === 'boolean';
  const isCount = (value) => Number.isInteger(value) && value >= 0 && value <= 100000;
  const isText = (value) => typeof value === 'string' && value.length <= 200;

  /** What each message of the frame says, or undefined if it is malformed. */
  const READ = {
    __proto__: null,
    ready: () => null,
    joined: () => null,
    left: () => null,
    size: ({ height }) => (isCount(height) ? { height } : undefined),
    people: ({ count, names = null }) =>
      isCount(count) && (names === null || (Array.isArray(names) && names.every(isText)))
        ? { count, names: names && [...names] }
        : undefined,
    muted: ({ microphone, camera }) =>
      isBool(microphone) && isBool(camera) ? { microphone, camera } : undefined,
    hand: ({ raised }) => (isBool(raised) ? { raised } : undefined),
  };

  /** The type and detail of a message of this version, or null. */
  function read(data) {
    try {
      if (typeof data !== 'object' || !data || data.confcall !== VERSION) return null;
      const { type } = data;
      const detail = typeof type === 'string' ? READ[type]?.(data) : undefined;
      return detail === undefined ? null : { type, detail };
    } catch {
      return null;
    }
  }

  /** Path and kind of what an element shows, or null if its attributes say nothing useful. */
  function wanted(element) {
    const get = (name) => element.getAttribute(name)?.trim() ?? null;
    const [room, invite, notes, mode] = ['room', 'invite', 'notes', 'mode'].map(get);
    if ([room, invite, notes].filter((value) => value !== null).length !== 1) return null;
    if (mode !== null && mode !== '' && mode !== 'door') return null;
    const door = mode === 'door';
    if (room !== null && SLUG.test(room)) {
      return door ? { path: `e/d/${room}/`, kind: 'door' } : { path: `e/r/${room}/`, kind: 'card' };
    }
    if (door) return null;
    if (invite !== null && KEY.test(invite)) return { path: `e/i/${invite}/`, kind: 'card' };
    if (notes !== null && KEY.test(notes)) return { path: `n/${notes}/`, kind: 'notes' };
    return null;
  }

  function addStyle(root) {
    try {
      // A page's policy may forbid style elements, but not these.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch {
      root.append(Object.assign(document.createElement('style'), { textContent: STYLE }));
    }
  }

  class ConfCall extends HTMLElement {
    static observedAttributes = ['room', 'invite', 'notes', 'mode', 'title', 'height'];

    #root = this.attachShadow({ mode: 'open' });
    #path = '';
    #kind = '';
    #frame = null;
    #joined = false;
    // Pixels that the page in the frame needs; 0: any height, for a call; null: it has not said.
    #high = null;
    #said = new Map();
    #hear = (event) => this.#receive(event);

    constructor() {
      super();
      addStyle(this.#root);
    }

    connectedCallback() {
      addEventListener('message', this.#hear);
      this.#render();
    }

    disconnectedCallback() {
      removeEventListener('message', this.#hear);
      // The browser has ended the page in the frame.
      this.#forget();
    }

    // With this, an element that is moved by moveBefore() keeps its call.
    connectedMoveCallback() {}

    attributeChangedCallback() {
      if (this.isConnected) this.#render();
    }

    /** Turn the reader's camera and microphone off. */
    mute() {
      this.#send({ type: 'mute', muted: true });
    }

    /** Leave the call. */
    leave() {
      this.#send({ type: 'leave' });
    }

    /** Bring the keyboard into the frame. */
    focus(options) {
      this.#frame?.focus(options);
      this.#send({ type: 'focus' });
    }

    #render() {
      const show = wanted(this);
      const path = show?.path ?? 'none';
      if (path !== this.#path) {
        this.#forget();
        this.#path = path;
        this.#kind = show?.kind ?? '';
        this.#root.replaceChildren(show ? this.#makeFrame(path) : this.#makeLink());
      }
      this.#fit();
    }

    /** Give the frame its title and its size. */
    #fit() {
      const frame = this.#frame;
      if (!frame) return;
      frame.title = this.getAttribute('title') || TITLES[this.#kind];
      const fixed = /^\d{2,4}$/.test(this.getAttribute('height') ?? '');
      frame.className = fixed ? 'fixed' : this.#high === 0 ? 'call' : this.#kind;
      frame.style.height = fixed ? `${this.getAttribute('height')}px` : '';
      frame.style.minHeight = !fixed && this.#high ? `min(${this.#high}px, 100vh)` : '';
    }

    #makeFrame(path) {
      const frame = document.createElement('iframe');
      frame.loading = 'lazy';
      frame.allow = ALLOW;
      frame.referrerPolicy = 'no-referrer';
      frame.onload = () => {
        // Another page is in it now: the lobby, or the card again.
        this.#forget();
        // It says nothing, so it is for any page. Browsers would complain about pages of theirs,
        // such as the one in place of a frame that was refused.
        this.#send({ type: 'hello' }, '*');
      };
      frame.src = new URL(path, BASE).href;
      this.#frame = frame;
      return frame;
    }

    /** What is inside the element, or else a plain link. */
    #makeLink() {
      this.#frame = null;
      const slot = document.createElement('slot');
      const link = document.createElement('a');
      link.href = BASE.href;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      link.textContent = this.getAttribute('title') || BASE.host;
      slot.append(link);
      return slot;
    }

    #send(message, origin = BASE.origin) {
      try {
        this.#frame?.contentWindow?.postMessage({ confcall: VERSION, ...message }, origin);
      } catch {
        // The frame has just gone.
      }
    }

    #receive({ data, origin, source }) {
      const window = this.#frame?.contentWindow;
      if (!window || source !== window || origin !== BASE.origin) return;
      const message = read(data);
      if (message) this.#take(message);
    }

    #take({ type, detail }) {
      if (type === 'joined' || type === 'left') {
        if (this.#joined === (type === 'joined')) return;
        this.#joined = type === 'joined';
      } else {
        // Each hello is answered with all that is known. The page hears only what is new.
        const text = JSON.stringify(detail);
        if (this.#said.get(type) === text) return;
        this.#said.set(type, text);
      }
      if (type === 'size') {
        this.#high = detail.height;
        this.#fit();
      } else {
        this.dispatchEvent(new CustomEvent(type, { detail }));
      }
    }

    /** Forget what the page in the frame has said, since it is no longer there. */
    #forget() {
      this.#said.clear();
      if (this.#joined) {
        this.#joined = false;
        this.dispatchEvent(new CustomEvent('left', { detail: null }));
      }
      this.#high = null;
      this.#fit();
    }
  }

  customElements.define('conf-call', ConfCall);
})();
