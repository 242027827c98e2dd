// The page's texts come translated from the server, in its configuration (rooms/page/texts/).

/** @type {Record<string, string>} */
let texts = {};

/** @param {Record<string, string>} catalogue */
export function useTexts(catalogue) {
  texts = catalogue;
}

/**
 * The text for a key with `{name}` and the like filled in.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  const template = texts[key];
  if (template === undefined) throw new Error(`no text ${key}`);
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
