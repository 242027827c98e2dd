import { byId } from './dom.js';

/** CSS pixels. Below this height, videos or the field for typing need every line. */
const SHORT = 500;
const TINY = 300;

/**
 * Keeps the call inside the visible part of the page. An on-screen keyboard covers the rest, and
 * most browsers say so only in `visualViewport`.
 */
export function followScreen() {
  const call = byId('call', HTMLElement);
  const root = document.documentElement;
  const view = window.visualViewport;
  const update = () => {
    // After a pinch the person wants a part larger, not another layout.
    if (view && view.scale > 1.01) return;
    const height = view ? view.height : window.innerHeight;
    root.style.setProperty('--screen-height', `${Math.floor(height)}px`);
    root.style.setProperty('--screen-top', `${Math.round(view ? view.offsetTop : 0)}px`);
    call.classList.toggle('short', height < SHORT);
    call.classList.toggle('tiny', height < TINY);
    const typing = document.activeElement?.closest('#chat-form, #notes-frame');
    call.classList.toggle('typing', Boolean(typing));
  };
  // While the focus moves, the body has it for a moment. A frame takes it without an event here.
  const later = () => setTimeout(update);
  view?.addEventListener('resize', update);
  view?.addEventListener('scroll', update);
  for (const event of ['resize', 'focus', 'blur']) window.addEventListener(event, later);
  for (const event of ['focusin', 'focusout']) call.addEventListener(event, later);
  update();
}
