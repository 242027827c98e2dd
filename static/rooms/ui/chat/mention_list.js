import { completions } from '../../room/chat/mentions.js';
import { byId, make } from '../dom.js';

/** So many names are offered at a time. */
const MOST = 6;

/**
 * Completes "@name" in the field of the chat, as a list box that the field controls.
 *
 * @param {() => string[]} names of people in the call
 */
export function mentionList(names) {
  const field = byId('chat-text', HTMLTextAreaElement);
  const list = byId('chat-mentions', HTMLElement);
  /** @type {string[]} */
  let offered = [];
  let start = 0;
  let chosen = 0;

  const show = () => {
    const until = field.value.slice(0, field.selectionStart);
    const found = document.activeElement === field ? completions(until, names()) : null;
    offered = found?.names.slice(0, MOST) ?? [];
    start = found?.start ?? 0;
    chosen = Math.min(chosen, Math.max(0, offered.length - 1));
    list.replaceChildren(...offered.map(option));
    list.hidden = !offered.length;
    if (offered.length) field.setAttribute('aria-activedescendant', `chat-mention-${chosen}`);
    else field.removeAttribute('aria-activedescendant');
  };
  const hide = () => {
    offered = [];
    chosen = 0;
    list.hidden = true;
    field.removeAttribute('aria-activedescendant');
  };
  /** @param {number} index */
  const take = (index) => {
    const end = field.selectionStart;
    const space = field.value[end] === ' ' ? '' : ' ';
    field.setRangeText(`@${offered[index]}${space}`, start, end, 'end');
    hide();
    field.dispatchEvent(new Event('input', { bubbles: true }));
    hide();
  };
  /**
   * @param {string} name
   * @param {number} index
   */
  const option = (name, index) => {
    const item = make('li', '', make('bdi', '', name));
    item.id = `chat-mention-${index}`;
    item.setAttribute('role', 'option');
    item.setAttribute('aria-selected', String(index === chosen));
    // The field keeps the focus, and a phone its keyboard.
    item.onpointerdown = (event) => event.preventDefault();
    item.onclick = () => take(index);
    return item;
  };

  field.addEventListener('input', show);
  field.addEventListener('blur', hide);
  // Before the field's own keys: Enter takes a name here, and sends nothing.
  field.addEventListener('keydown', (event) => {
    if (!offered.length || event.isComposing || event.keyCode === 229) return;
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (step) {
      chosen = (chosen + step + offered.length) % offered.length;
      show();
    } else if (event.key === 'Escape') hide();
    else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey) take(chosen);
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  });
}
