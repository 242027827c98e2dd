// What programs read of a link: node read_link.mjs ADDRESS. Prints JSON.

import { createServer } from 'node:http';

import ogs from 'open-graph-scraper';
import { extract, setProviderList } from 'oembed-parser';

const [, , address] = process.argv;
const { origin } = new URL(address);
setProviderList([
  {
    provider_name: 'confcall',
    provider_url: origin,
    endpoints: [{ schemes: [`${origin}/*`], url: `${origin}/oembed`, formats: ['json'] }],
  },
]);

// The reader of oEmbed asks over https only; this leads it to the same address over http.
const detour = createServer((request, response) => {
  const target = decodeURIComponent(request.url.slice(2)).replace(/^https:/, 'http:');
  response.writeHead(307, { Location: target }).end();
});
await new Promise((resolve) => detour.listen(0, '127.0.0.1', resolve));
const proxy = { target: `http://127.0.0.1:${detour.address().port}/?` };
// A host without a dot is an address as well.
const urlValidatorSettings = { protocols: ['http'], require_tld: false, require_protocol: true };

const attempt = async (read) => {
  try {
    return await read();
  } catch (error) {
    return { error: String(error?.result?.error ?? error?.message ?? error) };
  }
};
const graph = await attempt(async () => (await ogs({ url: address, urlValidatorSettings })).result);
const embed = await attempt(() => extract(address, { maxwidth: 320 }, { proxy }));
detour.close();
detour.closeAllConnections();
process.stdout.write(JSON.stringify({ graph, embed }));
