/**
 * Brings a list in the document to these elements in this order. What is in place already is not
 * touched, because an element that moves loses the focus; it gets it back.
 *
 * @param {HTMLElement} list
 * @param {readonly HTMLElement[]} wanted
 * @param {(index: number) => void} lost an element with the focus has gone; where it was
 */
export function match(list, wanted, lost) {
  const focused = document.activeElement;
  const before = [...list.children];
  const held = before.findIndex((element) => element.contains(focused));
  for (const element of before) {
    if (!wanted.some((one) => one === element)) element.remove();
  }
  wanted.forEach((element, i) => {
    if (list.children[i] !== element) list.insertBefore(element, list.children[i] ?? null);
  });
  if (held < 0 || document.activeElement === focused) return;
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
  else lost(held);
}
