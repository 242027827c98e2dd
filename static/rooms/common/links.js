// Finds the links in a text. Pure; `ui/linked.js` makes elements of them.

/** @typedef {{text: string, href?: string}} Part */

/** Up to a space (visible or not), a quotation mark, an angle bracket or CJK punctuation. */
const CANDIDATE =
  /\bhttps?:\/\/[^\s\u200b\u2060<>"“”„«»`、。〈-】！（），；？]+/giu;

/** Ends a sentence and not an address; also direction marks that come with a copied link. */
const TRAILING = /[.,:;!?'’‘*~|…،؛؟\u200c-\u200f\u061c]$/u;

/** @type {Record<string, string>} */
const OPENED_BY = { ')': '(', ']': '[', '}': '{' };

/**
 * The text in parts; those with `href` are links. The parts together are the whole text.
 *
 * @param {string} text
 * @returns {Part[]}
 */
export function parts(text) {
  /** @type {Part[]} */
  const found = [];
  let done = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const shown = trimmed(match[0]);
    const href = address(shown);
    if (!href) continue;
    if (match.index > done) found.push({ text: text.slice(done, match.index) });
    found.push({ text: shown, href });
    done = match.index + shown.length;
  }
  if (done < text.length) found.push({ text: text.slice(done) });
  return found;
}

/**
 * The address without the punctuation behind it, or a closing bracket that was opened before it.
 *
 * @param {string} candidate
 */
function trimmed(candidate) {
  let text = candidate;
  for (;;) {
    const last = text.slice(-1);
    const opener = OPENED_BY[last];
    const unopened = opener && text.split(last).length > text.split(opener).length;
    if (!unopened && !TRAILING.test(text)) return text;
    text = text.slice(0, -1);
  }
}

/**
 * The address that a browser opens. '' if it is none, or has a user name in front of the host:
 * `https://bank.example@evil.example` does not lead where it seems to.
 *
 * @param {string} text
 */
function address(text) {
  try {
    const url = new URL(text);
    const web = url.protocol === 'https:' || url.protocol === 'http:';
    return web && url.hostname && !url.username && !url.password ? url.href : '';
  } catch {
    return '';
  }
}

/**
 * An address as people type it, with its scheme. A host with a port, such as `example.org:8443`,
 * looks like one with a scheme.
 *
 * @param {string} address
 */
export function typed(address) {
  if (/^((https?|mailto|tel|sms):|[a-z][a-z0-9+.-]*:\/\/)/i.test(address)) return address;
  return /^[^\s/]+@[^\s/]+$/.test(address) ? `mailto:${address}` : `https://${address}`;
}
