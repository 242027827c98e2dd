import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

/** The part of an element that the script uses. */
class HTMLFormElement extends EventTarget {
  dataset = {};
  hidden = true;
  disabled = true;

  removeAttribute(name) {
    if (name === 'disabled') this.disabled = false;
  }

  reportValidity() {
    return true;
  }
}

let loads = 0;

/** A lobby whose modules have not loaded. Each one runs the script again. */
async function lobby() {
  const parts = new Map();
  const scripts = [new EventTarget(), new EventTarget()];
  const ids = ['join-form', 'join', 'join-without', 'lobby-wait', 'lobby-stuck', 'lobby-reload'];
  for (const id of ids) parts.set(id, new HTMLFormElement());
  const document = { getElementById: (id) => parts.get(id), querySelectorAll: () => scripts };
  Object.assign(globalThis, { HTMLFormElement, document });
  await import(`../../static/rooms/ui/entry/early.js?${(loads += 1)}`);
  const part = (id) => parts.get(id);
  const press = () => part('join-form').dispatchEvent(new Event('submit', { cancelable: true }));
  return { part, press, scripts };
}

test('a click before the modules have loaded is kept, with a message', async () => {
  const { part, press } = await lobby();
  assert.equal(part('join').disabled, false);
  assert.equal(press(), false, 'the page is not sent away');
  assert.equal(part('join-form').dataset.pressed, 'join');
  assert.equal(part('lobby-wait').hidden, false);
});

test('a click after that is not for this script', async () => {
  const { part, press } = await lobby();
  part('join-form').dataset.ready = 'yes';
  press();
  assert.equal(part('join-form').dataset.pressed, undefined);
});

test('a script that does not load is reported', async () => {
  const { part, press, scripts } = await lobby();
  press();
  scripts[1].dispatchEvent(new Event('error'));
  assert.deepEqual([part('lobby-wait').hidden, part('lobby-stuck').hidden], [true, false]);
});

test('modules that take too long are reported', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { part, press } = await lobby();
  press();
  mock.timers.tick(30_000);
  assert.equal(part('lobby-stuck').hidden, false);
});
