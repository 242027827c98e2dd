// A classic script that arrives with the lobby. On a slow line people press Join before the modules
// have loaded. It keeps the click until lobby.js takes over, and says so. It also says when the
// modules do not load at all.

{
  /** Milliseconds from a click to the modules. */
  const LOADED_WITHIN = 30_000;

  const find = (/** @type {string} */ id) => document.getElementById(id);
  const form = find('join-form');
  const show = (/** @type {string} */ id, /** @type {boolean} */ shown) => {
    const element = find(id);
    if (element) element.hidden = !shown;
  };
  const ready = () => !(form instanceof HTMLFormElement) || form.dataset.ready !== undefined;
  const failed = () => {
    if (ready()) return;
    show('lobby-wait', false);
    show('lobby-stuck', true);
  };
  const keep = (/** @type {string} */ way) => {
    if (!form || ready()) return;
    form.dataset.pressed = way;
    show('lobby-wait', true);
    setTimeout(failed, LOADED_WITHIN);
  };
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    keep('join');
  });
  find('join-without')?.addEventListener('click', () => {
    if (form instanceof HTMLFormElement && !ready() && form.reportValidity()) keep('join-without');
  });
  find('lobby-reload')?.addEventListener('click', () => location.reload());
  for (const script of document.querySelectorAll('script[type=module]')) {
    script.addEventListener('error', failed);
  }
  for (const id of ['join', 'join-without']) find(id)?.removeAttribute('disabled');
}
