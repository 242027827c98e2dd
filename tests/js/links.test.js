import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parts, typed } from '../../static/rooms/common/links.js';

const links = (text) => parts(text).filter(({ href }) => href).map(({ text: shown }) => shown);

for (const [text, ...expected] of [
  ['no link here: example.org'],
  ['see https://example.org/a?b=c#d for more', 'https://example.org/a?b=c#d'],
  ['HTTP://EXAMPLE.ORG', 'HTTP://EXAMPLE.ORG'],
  ['https://a.example, http://b.example.', 'https://a.example', 'http://b.example'],
  ['(https://example.org/x)', 'https://example.org/x'],
  ['(see https://example.org/Foo_(bar))!', 'https://example.org/Foo_(bar)'],
  ['[https://example.org/?a[0]=1]', 'https://example.org/?a[0]=1'],
  ['<https://example.org>', 'https://example.org'],
  ['“https://example.org/x”…', 'https://example.org/x'],
  ['https://example.org/x?!...', 'https://example.org/x'],
  ["it's https://example.org/o'clock'", "https://example.org/o'clock"],
  ['line\nhttps://example.org\nline', 'https://example.org'],
  ['看https://example.org/路径。好', 'https://example.org/路径'],
  ['ببینید https://example.org/می‌خواهم؟', 'https://example.org/می‌خواهم'],
  ['https://example.org\u200e', 'https://example.org'],
  ['https://[::1]:8000/x', 'https://[::1]:8000/x'],
  ['http://127.0.0.1:8000/i/TOKEN/', 'http://127.0.0.1:8000/i/TOKEN/'],
  ['javascript:alert(1) data:text/html,x ftp://example.org vbscript:x'],
  ['xhttps://example.org'],
  ['https:// https://, https://:80/ https://[x'],
  ['https://bank.example@evil.example/ https://a:b@evil.example'],
  ['https://example.org/<b onclick="x">', 'https://example.org/'],
]) {
  test(`links in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(links(text), expected);
    assert.equal(parts(text).map((part) => part.text).join(''), text);
  });
}

test('a link leads where it seems to', () => {
  assert.deepEqual(parts('a https://example.org b'), [
    { text: 'a ' }, { text: 'https://example.org', href: 'https://example.org/' }, { text: ' b' },
  ]);
});

test('a long run of brackets and dots takes no noticeable time', () => {
  assert.deepEqual(links(`https://example.org/${'('.repeat(900)}${').'.repeat(900)}`).length, 1);
  assert.deepEqual(links('http://'.repeat(280)).length, 1);
});

for (const [address, link] of [
  ['example.org/plan', 'https://example.org/plan'],
  ['example.org:8443/doc', 'https://example.org:8443/doc'],
  ['localhost:8000', 'https://localhost:8000'],
  ['ann@example.org', 'mailto:ann@example.org'],
  ['HTTP://example.org', 'HTTP://example.org'],
  ['mailto:ann@example.org', 'mailto:ann@example.org'],
  ['tel:+491234', 'tel:+491234'],
  ['ftp://example.org', 'ftp://example.org'],
  ['javascript:alert(1)', 'https://javascript:alert(1)'],
]) {
  test(`${address} becomes ${link}`, () => assert.equal(typed(address), link));
}
