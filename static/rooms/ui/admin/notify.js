// The owner's home: notify this device when someone waits, or stop that.

export {};

// No page is in there: the service worker controls none.
const SCOPE = '/push/';
const PATIENCE_MS = 15_000;

const section = /** @type {HTMLElement} */ (document.getElementById('notify'));
const button = /** @type {HTMLButtonElement | null} */ (section?.querySelector('[data-add]'));
const form = button?.form;
const add = /** @type {HTMLButtonElement} */ (button);
const stop = /** @type {HTMLButtonElement} */ (form?.querySelector('[data-stop]'));

/** @param {string} text */
function say(text) {
  const place = section.querySelector('[data-says]');
  if (place) place.textContent = text;
}

/** @param {string} reason */
function why(reason) {
  const text = section.querySelector(`[data-why="${reason}"]`);
  say(text instanceof HTMLTemplateElement ? (text.content.textContent ?? '').trim() : '');
}

/** The endpoint of this browser, if it has asked to be notified. */
async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @param {string} endpoint */
function known(endpoint) {
  const rows = [...section.querySelectorAll('[data-endpoint]')];
  return rows.some((row) => row.getAttribute('data-endpoint') === endpoint);
}

/** The service worker, as soon as it runs. */
async function active() {
  const options = { scope: SCOPE };
  const found = await navigator.serviceWorker.register(section.dataset.worker ?? '', options);
  const worker = found.installing ?? found.waiting;
  if (!found.active && worker) {
    await new Promise((resolve, reject) => {
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') resolve(undefined);
        if (worker.state === 'redundant') reject(new Error('the service worker did not start'));
      });
    });
  }
  return found;
}

/**
 * @param {string} address
 * @param {Record<string, string>} values
 */
async function send(address, values) {
  const body = new FormData(/** @type {HTMLFormElement} */ (form));
  for (const [name, value] of Object.entries(values)) body.set(name, value);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return fetch(address, { method: 'POST', body, signal, redirect: 'manual' });
}

/** Ask the person, then the browser's push service, and tell the server. */
async function notifyThisDevice() {
  if ((await Notification.requestPermission()) !== 'granted') return why('denied');
  const registration = await active();
  // It may belong to another user of this browser, or to another key of the server.
  await (await registration.pushManager.getSubscription())?.unsubscribe();
  const made = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: section.dataset.key ?? '',
  });
  const keys = made.toJSON().keys ?? {};
  const values = { endpoint: made.endpoint, p256dh: keys.p256dh, auth: keys.auth };
  const response = await send(form?.action ?? '', values);
  if (response.ok) return location.reload();
  await made.unsubscribe();
  if (response.status === 400) say(await response.text());
  else why('failed');
}

async function stopNotifying() {
  const made = await subscription();
  if (made) {
    await send(stop.formAction, { endpoint: made.endpoint });
    await made.unsubscribe();
  }
  location.reload();
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} act
 */
function does(button, act) {
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    button.disabled = true;
    say('');
    await act().catch(() => why('failed'));
    button.disabled = false;
  });
}

async function start() {
  if (!window.isSecureContext) return why('insecure');
  const all = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  if (!all) return why('unsupported');
  const made = await subscription().catch(() => null);
  const on = made !== null && known(made.endpoint) && Notification.permission === 'granted';
  add.hidden = on;
  stop.hidden = !on;
  does(add, notifyThisDevice);
  does(stop, stopNotifying);
}

if (form) start();
