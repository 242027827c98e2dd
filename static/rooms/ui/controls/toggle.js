/**
 * A button that is pressed while something is on. It is disabled during a change.
 *
 * @param {HTMLButtonElement} button
 * @param {() => boolean} isOn
 * @param {(on: boolean) => Promise<void>} set
 * @param {(error: unknown) => void} failed
 * @returns {() => void} shows the current state
 */
export function toggle(button, isOn, set, failed) {
  const render = () => button.setAttribute('aria-pressed', String(isOn()));
  button.onclick = async () => {
    const focused = document.activeElement === button;
    button.disabled = true;
    try {
      await set(!isOn());
    } catch (error) {
      failed(error);
    } finally {
      button.disabled = false;
      if (focused) button.focus(); // a disabled button loses it
      render();
    }
  };
  render();
  return render;
}
