/**
 * Put a text on the clipboard. Rejected if the browser does not allow it.
 *
 * Pages that came over plain http have no `navigator.clipboard`. On them the old command still
 * works, for some seconds after a click.
 *
 * @param {string | Promise<string>} words
 * @returns {Promise<void>}
 */
export async function copyText(words) {
  if (!navigator.clipboard) return copyByCommand(await words);
  if (typeof words === 'string' || !globalThis.ClipboardItem || !navigator.clipboard.write) {
    return navigator.clipboard.writeText(await words);
  }
  // Safari accepts only a promise that is handed over during the click itself.
  const blob = words.then((text) => new Blob([text], { type: 'text/plain' }));
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}

/** @param {string} words */
function copyByCommand(words) {
  const before = document.activeElement;
  const field = document.createElement('textarea');
  field.value = words;
  field.className = 'visually-hidden';
  field.readOnly = true;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!done) throw new Error('the browser does not copy');
}
