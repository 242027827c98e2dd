// A page of another site that has the script embed.js, without a browser.

import { readFileSync } from 'node:fs';

const SCRIPT = readFileSync(new URL('../../static/embed/embed.js', import.meta.url), 'utf8');

export const HOST = 'https://call.example.org';

class FakeNode extends EventTarget {
  constructor(tag = '') {
    super();
    this.tag = tag;
    this.children = [];
    this.style = {};
    this.attributes = new Map();
  }

  append(...children) {
    this.children.push(...children);
  }

  replaceChildren(...children) {
    this.children = children;
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  /** As a browser does for the attributes that the element observes. */
  setAttribute(name, value) {
    this.attributes.set(name, value);
    if (this.constructor.observedAttributes?.includes(name)) this.attributeChangedCallback?.();
  }

  attachShadow() {
    this.root = new FakeNode('root');
    return this.root;
  }

  focus() {
    this.focused = true;
  }
}

/** The window in a frame: `got` has what the page posted to it. */
function fakeWindow() {
  const got = [];
  return { got, postMessage: (data, origin) => got.push({ data, origin }) };
}

export class Blog {
  /**
   * @param {string} src address of the script
   * @param {string} language of the browser
   */
  constructor(src = `${HOST}/embed.js`, language = 'en-GB') {
    this.navigator = { language };
    this.events = new EventTarget();
    this.defined = new Map();
    this.src = src;
    this.run();
  }

  run() {
    const document = {
      currentScript: { src: this.src },
      createElement: (tag) => {
        const node = new FakeNode(tag);
        if (tag === 'iframe') node.contentWindow = fakeWindow();
        return node;
      },
    };
    const customElements = {
      get: (name) => this.defined.get(name),
      define: (name, kind) => {
        if (this.defined.has(name)) throw new Error(`${name} is defined already`);
        this.defined.set(name, kind);
      },
    };
    const globals = {
      document,
      customElements,
      navigator: this.navigator,
      HTMLElement: FakeNode,
      addEventListener: (...all) => this.events.addEventListener(...all),
      removeEventListener: (...all) => this.events.removeEventListener(...all),
    };
    new Function(...Object.keys(globals), SCRIPT)(...Object.values(globals));
  }

  /** An element in the page. */
  element(attributes) {
    const element = new (this.defined.get('conf-call'))();
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    this.connect(element);
    return element;
  }

  connect(element) {
    element.isConnected = true;
    element.connectedCallback();
  }

  /** Deliver a message as a browser does, but with data that was not copied. */
  tell(data, source, origin = HOST) {
    this.events.dispatchEvent(Object.assign(new Event('message'), { data, source, origin }));
  }
}

/** What is in the element's shadow root: a frame, or a slot with a link. */
export const shown = (element) => element.root.children[0];
