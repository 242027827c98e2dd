/**
 * The page's configuration, as the server wrote it into the page.
 *
 * @param {string} json
 * @param {string} base the page's address, for links that are paths
 * @returns {import('./types.js').Config}
 */
export function parseConfig(json, base) {
  const config = /** @type {import('./types.js').Config} */ (JSON.parse(json));
  const links = config.links;
  return {
    ...config,
    ws: socketUrl(config.ws, base),
    links: {
      call: links.call && new URL(links.call, base).href,
      notes: links.notes && new URL(links.notes, base).href,
      open_notes: links.open_notes && new URL(links.open_notes, base).href,
    },
  };
}

/**
 * @param {string} path
 * @param {string} base
 */
export function socketUrl(path, base) {
  const url = new URL(path, base);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/**
 * A link to the notes that carries the name, so that people type it only once.
 *
 * @param {string} link
 * @param {string} name
 */
export function withName(link, name) {
  const url = new URL(link);
  url.searchParams.set('userName', name);
  // Etherpad does not read a plus as a space.
  url.search = url.search.replaceAll('+', '%20');
  return url.href;
}

/**
 * One of our own addresses, for a script that fetches it. Without this the server would answer with
 * the page that it gives to programs for link previews (rooms/views/previews.py).
 *
 * @param {string | URL} address
 */
export function askedByScript(address) {
  const url = new URL(address);
  url.searchParams.set('enter', '');
  return url;
}
