// In a frame: the pages before the lobby (wait for the host, come back later) tell the page around
// them how high they are.

import { Embedder } from '../../room/embedder.js';
import { isFramed } from '../dom.js';
import { neededHeight } from './height.js';

const listed = document.querySelector('meta[name=frame-origins]')?.getAttribute('content') ?? '';
const page = document.querySelector('main');

if (isFramed() && page) {
  const rules = { origins: listed.split(' ').filter(Boolean), names: false };
  const embedder = new Embedder(rules, location.origin, (message, origin) =>
    window.parent.postMessage(message, origin),
  );
  addEventListener('message', ({ source, origin, data }) => {
    if (source === window.parent) embedder.receive(data, origin);
  });
  const tell = () => embedder.size(neededHeight(page));
  const observer = new ResizeObserver(tell);
  for (const part of [document.documentElement, ...page.children]) observer.observe(part);
  tell();
}
