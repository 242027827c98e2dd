/**
 * Firefox on behalf of a test: a command per line in, an answer per line out, both JSON.
 *
 * Playwright would have to download its own build of Firefox. This drives the installed one, over
 * WebDriver BiDi.
 *
 *   {"do": "open", "url", "init"}    a page, with a script that runs before its own
 *   {"do": "frame", "url"}    what follows happens in the frame whose address contains this
 *   {"do": "fill", "selector", "text"}
 *   {"do": "click", "selector"}
 *   {"do": "wait", "selector", "seconds"}
 *   {"do": "evaluate", "function", "argument"}    a function's source
 *   {"do": "said"}    the console's lines so far
 *   {"do": "close"}
 *
 * Answers: {"result"} or {"error"}. The first line is {"result": <version>}. Selectors may be
 * puppeteer's aria/….
 */
import { createInterface } from 'node:readline';

import puppeteer from 'puppeteer-core';

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: process.argv[2],
  headless: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.permission.disabled': true,
    'media.peerconnection.ice.loopback': true,
    // No one clicks on a tile to hear it.
    'media.autoplay.default': 0,
    // Names for tests of several sites. Frames of one in another get no cookies and no storage.
    'network.dns.localDomains': 'a.test,b.test,c.test',
    'network.cookie.cookieBehavior': 1,
    'dom.securecontext.allowlist': 'a.test,b.test',
    // Otherwise the first start asks Mozilla about updates and more.
    'app.update.disabledForTesting': true,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    'media.gmp-manager.updateEnabled': false,
    'datareporting.policy.dataSubmissionEnabled': false,
  },
});
const page = (await browser.pages())[0] ?? (await browser.newPage());
let place = page;
const said = [];
page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
page.on('pageerror', (error) => said.push(`error: ${error.message}`));

const commands = {
  async open({ url, init }) {
    place = page;
    await page.setViewport({ width: 1280, height: 800 });
    await page.evaluateOnNewDocument(init);
    return (await page.goto(url, { waitUntil: 'load' }))?.status();
  },
  async frame({ url }) {
    place = await page.waitForFrame((frame) => frame.url().includes(url), { timeout: 30_000 });
  },
  async fill({ selector, text }) {
    await place.locator(selector).fill(text);
  },
  async click({ selector }) {
    await place.locator(selector).click();
  },
  async wait({ selector, seconds }) {
    await place.waitForSelector(selector, { timeout: seconds * 1000 });
  },
  async evaluate({ function: source, argument }) {
    return place.evaluate(`(${source})(${JSON.stringify(argument ?? null)})`);
  },
  async said() {
    return said;
  },
  async close() {
    await browser.close();
  },
};

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

answer({ result: await browser.version() });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    answer({ result: (await commands[command.do](command)) ?? null });
  } catch (error) {
    answer({ error: `${command.do}: ${error.message}` });
  }
  if (command.do === 'close') process.exit(0);
}
// The test has ended, so the browser ends too.
await browser.close();
