import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Blog, HOST, shown } from './blog.js';
import { hostile, random } from './hostile.js';

const EVENTS = ['ready', 'joined', 'left', 'people', 'muted', 'hand'];

/** What an element tells its page. */
function heard(element) {
  const events = [];
  for (const type of EVENTS) {
    element.addEventListener(type, (event) => events.push([type, event.detail]));
  }
  return events;
}

const say = (type, more = {}) => ({ confcall: 1, type, ...more });

/** A blog with the call in a garden, whose frame has loaded a page. */
function garden(attributes = { room: 'garden' }) {
  const blog = new Blog();
  const element = blog.element(attributes);
  const frame = shown(element);
  frame.onload?.();
  return { blog, element, frame, window: frame.contentWindow, events: heard(element) };
}

test('the attributes say what is in the frame, and the script says on which host', () => {
  const blog = new Blog('https://example.org/calls/embed.js?v=2');
  const address = (attributes) => shown(blog.element(attributes)).src;
  const base = 'https://example.org/calls';
  assert.equal(address({ room: 'garden' }), `${base}/e/r/garden/`);
  assert.equal(address({ invite: 'aB_-9' }), `${base}/e/i/aB_-9/`);
  assert.equal(address({ notes: 'aB_-9' }), `${base}/n/aB_-9/`);
  assert.equal(address({ room: 'office', mode: 'door' }), `${base}/e/d/office/`);
});

test('the frame is lazy, may use devices, and has a title', () => {
  const { element, frame } = garden({ room: 'garden' });
  assert.equal(frame.loading, 'lazy');
  assert.match(frame.allow, /camera; microphone; display-capture/);
  // Browsers complain about both at once.
  assert.match(frame.allow, /fullscreen/);
  assert.equal(frame.allowFullscreen, undefined);
  assert.equal(frame.title, 'Video call');
  element.setAttribute('title', 'Tea in the garden');
  assert.equal(frame.title, 'Tea in the garden');
  assert.equal(shown(element), frame);
});

test('the title is in the language of the browser', () => {
  const title = (language) =>
    shown(new Blog(`${HOST}/embed.js`, language).element({ room: 'garden' })).title;
  assert.equal(title('de-AT'), 'Videogespräch');
  assert.equal(title('den'), 'Video call');
  assert.equal(title('fr'), 'Video call');
});

test('attributes that make no sense give a plain link, and good ones then a frame', () => {
  for (const attributes of [
    {}, { room: '' }, { room: 'Not A Slug' }, { room: '../admin' }, { room: 'a'.repeat(64) },
    { invite: 'x/y' }, { notes: '?' }, { room: 'garden', invite: 'abc' },
    { room: 'garden', mode: 'window' }, { invite: 'abc', mode: 'door' }, { room: '//evil.example' },
  ]) {
    const blog = new Blog();
    const element = blog.element(attributes);
    assert.equal(shown(element).tag, 'slot', JSON.stringify(attributes));
    assert.equal(shown(element).children[0].href, `${HOST}/`);
    element.mute();
    element.leave();
    element.focus();
  }
  const element = new Blog().element({ room: 'Not A Slug' });
  element.setAttribute('room', 'garden');
  assert.equal(shown(element).tag, 'iframe');
});

test('a script that is there twice defines the element once', () => {
  const blog = new Blog();
  const first = blog.defined.get('conf-call');
  blog.run();
  assert.equal(blog.defined.get('conf-call'), first);
});

test('each page in the frame is greeted, whatever it is, and commands go to its host only', () => {
  const { element, frame, window } = garden();
  frame.onload();
  element.mute();
  element.leave();
  element.focus();
  assert.ok(frame.focused);
  assert.deepEqual(window.got.map(({ data }) => data), [
    say('hello'), say('hello'), say('mute', { muted: true }), say('leave'), say('focus'),
  ]);
  assert.deepEqual(window.got.map(({ origin }) => origin), ['*', '*', HOST, HOST, HOST]);
});

test('messages become events, each of them once', () => {
  const { blog, window, events } = garden();
  for (let time = 0; time < 2; time += 1) {
    blog.tell(say('ready'), window);
    blog.tell(say('joined'), window);
    blog.tell(say('people', { count: 2 }), window);
    blog.tell(say('people', { count: 3, names: ['Ann'] }), window);
    blog.tell(say('people', { count: 3, names: ['Ann'] }), window);
    blog.tell(say('muted', { microphone: true, camera: false }), window);
    blog.tell(say('hand', { raised: true }), window);
    if (!time) assert.equal(events.length, 6);
  }
  blog.tell(say('left'), window);
  blog.tell(say('left'), window);
  assert.deepEqual(events.at(-1), ['left', null]);
  assert.deepEqual(events.slice(0, 6), [
    ['ready', null],
    ['joined', null],
    ['people', { count: 2, names: null }],
    ['people', { count: 3, names: ['Ann'] }],
    ['muted', { microphone: true, camera: false }],
    ['hand', { raised: true }],
  ]);
});

test('a page that goes away in a call has left it', () => {
  const { blog, element, frame, window, events } = garden();
  blog.tell(say('joined'), window);
  frame.onload();
  assert.deepEqual(events, [['joined', null], ['left', null]]);
  blog.tell(say('joined'), window);
  element.disconnectedCallback();
  assert.equal(events.length, 4);
  // Outside of a page it hears nothing, and back in it everything.
  blog.tell(say('ready'), window);
  assert.equal(events.length, 4);
  blog.connect(element);
  blog.tell(say('ready'), window);
  assert.equal(events.length, 5);
});

test('the frame is as high as its page asks for, or as the author does', () => {
  const { blog, element, frame, window } = garden();
  blog.tell(say('size', { height: 512 }), window);
  assert.equal(frame.style.minHeight, 'min(512px, 100vh)');
  blog.tell(say('size', { height: 0 }), window);
  assert.deepEqual([frame.className, frame.style.minHeight], ['call', '']);
  frame.onload();
  assert.deepEqual([frame.className, frame.style.minHeight], ['card', '']);
  element.setAttribute('height', '480');
  blog.tell(say('size', { height: 512 }), window);
  assert.deepEqual([frame.className, frame.style.height], ['fixed', '480px']);
  element.setAttribute('height', 'tall');
  assert.deepEqual([frame.className, frame.style.minHeight], ['card', 'min(512px, 100vh)']);
});

test('another origin or another window is not heard', () => {
  const { blog, window, events } = garden();
  const others = ['https://evil.example', 'null', '', `${HOST}:8443`, `${HOST}/`, undefined];
  for (const origin of others) {
    blog.tell(say('joined'), window, origin ?? '');
  }
  for (const source of [null, undefined, {}, new Blog().events]) {
    blog.tell(say('joined'), source ?? null);
  }
  assert.deepEqual(events, []);
});

test('several elements do not hear each other', () => {
  const { blog, window, events } = garden();
  const other = blog.element({ room: 'office', mode: 'door' });
  const others = heard(other);
  blog.tell(say('joined'), window);
  assert.deepEqual([events.length, others.length], [1, 0]);
});

test('malformed messages do nothing', () => {
  const next = random(10);
  const { blog, frame, window, events } = garden();
  const sent = window.got.length;
  for (let number = 0; number < 5000; number += 1) {
    const message = hostile(next);
    // Each goes out with a wrong sender, and the ones without a good type also with the right one.
    blog.tell(message, window, 'https://evil.example');
    blog.tell(message, {}, HOST);
    if (!wellFormed(message)) blog.tell(message, window);
  }
  assert.deepEqual(events, []);
  assert.equal(window.got.length, sent);
  assert.deepEqual([frame.style.minHeight, frame.className], ['', 'card']);
  assert.equal({}.confcall, undefined);
});

const whole = (value) => Number.isInteger(value) && value >= 0 && value <= 100_000;
const flag = (value) => value === true || value === false;

/** Whether the protocol allows a message, written anew for this test. */
function wellFormed(message) {
  try {
    if (!message || typeof message !== 'object' || message.confcall !== 1) return false;
    switch (message.type) {
      case 'ready':
      case 'joined':
      case 'left':
        return true;
      case 'size':
        return whole(message.height);
      case 'people':
        return whole(message.count) && (message.names == null || Array.isArray(message.names));
      case 'muted':
        return flag(message.microphone) && flag(message.camera);
      case 'hand':
        return flag(message.raised);
      default:
        return false;
    }
  } catch {
    return false;
  }
}
