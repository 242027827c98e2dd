import { byId } from '../dom.js';

/** Inside the panel. CSS pixels. */
const MARGIN = 4;

/**
 * What one can do with a message: one toolbar, at the message under the pointer, tapped, or
 * focused. It stands beside the log, so that screen readers do not read it as a message.
 */
export class LineActions {
  /**
   * @param {HTMLElement} list
   * @param {(number: number) => {reply: boolean, change: boolean}} allowed
   * @param {(act: 'reply' | 'edit' | 'delete', number: number) => void} act
   */
  constructor(list, allowed, act) {
    this._list = list;
    this._allowed = allowed;
    this._bar = byId('chat-actions', HTMLElement);
    /** @type {HTMLElement | null} */
    this._item = null;
    this._buttons = {
      reply: byId('chat-reply', HTMLButtonElement),
      edit: byId('chat-edit', HTMLButtonElement),
      delete: byId('chat-delete', HTMLButtonElement),
    };
    for (const name of /** @type {const} */ (['reply', 'edit', 'delete'])) {
      this._buttons[name].onclick = () => {
        const number = this._number();
        this._show(null);
        act(name, number);
      };
    }
    this._listen();
  }

  /** The messages have changed. */
  refresh() {
    if (this._item) this._show(this._item.isConnected ? this._item : null);
  }

  _number() {
    return Number(this._item?.dataset.number ?? 0);
  }

  _listen() {
    const { _list: list, _bar: bar } = this;
    list.addEventListener('pointerover', (event) => {
      const item = itemOf(event.target);
      // Between two messages the pointer may be on its way to the toolbar.
      if (item && event.pointerType === 'mouse' && !this._focused()) this._show(item);
    });
    for (const element of [list, bar]) {
      element.addEventListener('pointerleave', (event) => {
        if (event.pointerType !== 'mouse' || this._focused()) return;
        const to = event.relatedTarget;
        if (!(to instanceof Node && (list.contains(to) || bar.contains(to)))) this._show(null);
      });
    }
    /** @type {HTMLElement | null} */
    let before = null;
    // A tap focuses the message too, before it clicks.
    list.addEventListener('pointerdown', () => (before = this._item));
    list.addEventListener('click', ({ target }) => {
      const busy = target instanceof Element && target.closest('a, button');
      if (busy || !matchMedia('(hover: none)').matches || getSelection()?.type === 'Range') return;
      const item = itemOf(target);
      this._show(item === before ? null : item);
    });
    list.addEventListener('focusin', ({ target }) => this._show(itemOf(target)));
    for (const element of [list, bar]) {
      element.addEventListener('focusout', ({ relatedTarget: to }) => {
        if (to instanceof Node && !list.contains(to) && !bar.contains(to)) this._show(null);
      });
    }
    list.addEventListener('scroll', () => this._place());
    list.addEventListener('keydown', (event) => this._key(event));
    bar.addEventListener('keydown', (event) => this._keyInBar(event));
  }

  /** Did keys lead to the message that has the toolbar? Then it does not follow the pointer. */
  _focused() {
    const at = document.activeElement;
    return Boolean(this._item && (this._bar.contains(at) || this._item.matches(':focus-visible')));
  }

  /** @param {KeyboardEvent} event */
  _key(event) {
    // The next thing in the document may be a link in another message.
    const first = Object.values(this._buttons).find((button) => !button.hidden);
    if (event.key === 'Tab' && !event.shiftKey && event.target === this._item) {
      event.preventDefault();
      return first?.focus();
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this._items();
    if (!items.length) return;
    event.preventDefault();
    const at = items.findIndex((item) => item === itemOf(event.target));
    const next = at < 0 ? items.length - 1 : at + step;
    items[Math.min(items.length - 1, Math.max(0, next))].focus();
  }

  /** @param {KeyboardEvent} event */
  _keyInBar(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const buttons = Object.values(this._buttons).filter((button) => !button.hidden);
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (step) buttons[(at + step + buttons.length) % buttons.length].focus();
    else if (event.key === 'Escape') this._item?.focus();
    else if (event.key === 'Tab' && event.shiftKey && at === 0) this._item?.focus();
    else return;
    event.preventDefault();
  }

  /** @returns {HTMLElement[]} */
  _items() {
    return [...this._list.querySelectorAll('.line[data-number]')].filter(
      (item) => item instanceof HTMLElement,
    );
  }

  /** @param {HTMLElement | null} item */
  _show(item) {
    this._item?.classList.remove('chosen');
    const { reply, change } = item
      ? this._allowed(Number(item.dataset.number))
      : { reply: false, change: false };
    this._item = reply || change ? item : null;
    this._item?.classList.add('chosen');
    this._buttons.reply.hidden = !reply;
    this._buttons.edit.hidden = this._buttons.delete.hidden = !change;
    this._place();
  }

  /** Beside the message if there is room, otherwise above its end; as far as that is in sight. */
  _place() {
    const { _bar: bar, _item: item, _list: list } = this;
    bar.hidden = !item;
    if (!item) return;
    const [at, around] = [item.getBoundingClientRect(), list.getBoundingClientRect()];
    bar.classList.toggle('out', at.bottom < around.top || at.top > around.bottom);
    const panel = bar.parentElement?.getBoundingClientRect() ?? around;
    const [wide, high] = [bar.offsetWidth + 2 * MARGIN, bar.offsetHeight];
    let [right, top] = [at.right, at.top + 2 * MARGIN - high];
    if (at.left - around.left >= wide) [right, top] = [at.left - MARGIN, at.top];
    else if (around.right - at.right >= wide) [right, top] = [at.right + wide - MARGIN, at.top];
    const lowest = around.bottom - high - MARGIN;
    top = Math.min(lowest, Math.max(around.top + MARGIN, top));
    bar.style.top = `${Math.round(top - panel.top)}px`;
    bar.style.right = `${Math.round(panel.right - right)}px`;
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null}
 */
function itemOf(target) {
  const item = target instanceof Element ? target.closest('.line[data-number]') : null;
  return item instanceof HTMLElement ? item : null;
}
