// The owner's home: new invites without a reload, who is in now, and the browser's time zone.

const REFRESH_MS = 5000;
const PATIENCE_MS = 8000;

/** @param {string} text */
function parsed(text) {
  return new DOMParser().parseFromString(text, 'text/html').body;
}

/**
 * Make an invite and show it in its card. If that fails, the form is sent as without a script.
 *
 * @param {HTMLFormElement} form
 */
async function invite(form) {
  const place = form.closest('article')?.querySelector('.home-invite');
  const button = form.querySelector('button');
  if (!(place instanceof HTMLElement) || !button) return form.submit();
  button.disabled = true;
  try {
    const body = new FormData(form);
    body.set('part', '1');
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(form.action, { method: 'POST', body, signal });
    if (!response.ok || response.redirected) throw new Error(`the site says ${response.status}`);
    place.replaceChildren(...parsed(await response.text()).childNodes);
    place.focus({ preventScroll: true });
    place.scrollIntoView({ block: 'nearest' });
  } catch {
    form.submit();
  } finally {
    button.disabled = false;
  }
}

/**
 * Write who is in now. Nothing is replaced that has the focus.
 *
 * @param {string} address
 */
async function refresh(address) {
  const response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.redirected || response.status === 403) return location.reload();
  if (!response.ok) return;
  for (const fresh of parsed(await response.text()).children) {
    const shown = document.getElementById(fresh.id);
    if (shown && !shown.isEqualNode(fresh)) shown.replaceChildren(...fresh.childNodes);
  }
}

/** @param {string} address */
async function keepFresh(address) {
  if (!document.hidden && document.getSelection()?.type !== 'Range') {
    await refresh(address).catch(() => {});
  }
  setTimeout(() => keepFresh(address), REFRESH_MS);
}

/** Offer the browser's time zone if the site has another one. */
function suggestZone() {
  const note = document.getElementById('zone-suggestion');
  const select = document.getElementById('time-zone');
  const button = note?.querySelector('button');
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!note || !button || !(select instanceof HTMLSelectElement)) return;
  if (!mine || mine === note.dataset.zone) return;
  if (![...select.options].some((option) => option.value === mine)) return;
  button.textContent = mine;
  note.hidden = false;
  button.addEventListener('click', () => {
    select.value = mine;
    select.form?.submit();
  });
}

for (const form of document.querySelectorAll('form[data-invite]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (form instanceof HTMLFormElement) invite(form);
  });
}
const cards = document.querySelector('[data-now]');
if (cards instanceof HTMLElement) setTimeout(() => keepFresh(cards.dataset.now ?? ''), REFRESH_MS);
suggestZone();
