import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WakeLock } from '../../static/rooms/ui/views/wake_lock.js';

/** A browser that gives locks, and takes them when the page is hidden. */
class Browser {
  constructor() {
    this.visible = true;
    this.refuses = false;
    this.asked = 0;
    this.held = new Set();
    this.lock = new WakeLock(() => this.request(), () => this.visible);
  }

  async request() {
    this.asked += 1;
    if (this.refuses) throw new DOMException('low battery', 'NotAllowedError');
    const sentinel = new EventTarget();
    sentinel.release = async () => this.take(sentinel);
    this.held.add(sentinel);
    return sentinel;
  }

  take(sentinel) {
    if (this.held.delete(sentinel)) sentinel.dispatchEvent(new Event('release'));
  }

  async show(visible) {
    this.visible = visible;
    if (!visible) for (const sentinel of this.held) this.take(sentinel);
    await this.lock.look();
  }
}

test('one lock is held while it is wanted', async () => {
  const browser = new Browser();
  await browser.lock.want(true);
  await browser.lock.want(true);
  assert.deepEqual([browser.held.size, browser.asked], [1, 1]);
  await browser.lock.want(false);
  assert.equal(browser.held.size, 0);
});

test('a page that is shown again takes the lock again', async () => {
  const browser = new Browser();
  await browser.lock.want(true);
  await browser.show(false);
  assert.equal(browser.held.size, 0);
  await browser.show(true);
  assert.deepEqual([browser.held.size, browser.asked], [1, 2]);
});

test('a refused lock is asked for when the page is shown again', async () => {
  const browser = new Browser();
  browser.refuses = true;
  await browser.lock.want(true);
  browser.refuses = false;
  await browser.show(true);
  assert.equal(browser.held.size, 1);
});

test('a lock that comes after the end is given back', async () => {
  const browser = new Browser();
  const coming = browser.lock.want(true);
  await browser.lock.want(false);
  await coming;
  assert.equal(browser.held.size, 0);
});
