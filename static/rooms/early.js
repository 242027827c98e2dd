// A classic script, beside the lobby and there with it: on a slow line people press Join before the
// modules have come. The press is kept until ui/lobby.js takes over, and the page says so.

{
  const find = (/** @type {string} */ id) => document.getElementById(id);
  const form = find('join-form');
  const wait = find('lobby-wait');
  const keep = (/** @type {string} */ way) => {
    if (!(form instanceof HTMLFormElement) || form.dataset.ready) return;
    form.dataset.pressed = way;
    if (wait) wait.hidden = false;
  };
  form?.addEventListener('submit', (event) => {
    event.preventDefault();
    keep('join');
  });
  find('join-without')?.addEventListener('click', () => {
    if (!(form instanceof HTMLFormElement) || form.dataset.ready) return;
    if (form.reportValidity()) keep('join-without');
  });
  for (const id of ['join', 'join-without']) find(id)?.removeAttribute('disabled');
}
