// How long until a room opens; then the page asks again by itself.

const format = new Intl.NumberFormat(undefined, { minimumIntegerDigits: 2 });

/** @param {number} seconds */
function words(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const days = Math.floor(parts[0] / 24);
  if (days > 1) return new Intl.RelativeTimeFormat(undefined).format(days, 'day');
  return parts.map((part) => format.format(part)).join(':');
}

/** @param {HTMLElement} element */
function start(element) {
  const until = Number(element.dataset.until);
  const tick = () => {
    const left = Math.ceil(until - Date.now() / 1000);
    element.textContent = words(Math.max(0, left));
    if (left > 0) return;
    clearInterval(timer);
    // Spread, so that not everybody who waits comes in the same instant.
    setTimeout(() => location.reload(), 500 + Math.random() * 2500);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

for (const element of document.querySelectorAll('time[data-until]')) if (element instanceof HTMLElement) start(element);

export {};
