// Counts down to the moment that <time data-until="Unix seconds"> names, then asks for the page again.

const time = /** @type {HTMLTimeElement | null} */ (document.querySelector('time[data-until]'));

/**
 * @param {number} seconds
 * @returns {string} as in 1:02:03
 */
function clock(seconds) {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts.map((part, index) => (index ? String(part).padStart(2, '0') : String(part))).join(':');
}

/** @param {HTMLTimeElement} element */
function count(element) {
  const end = Number(element.dataset.until);
  const timer = setInterval(() => {
    const left = Math.ceil(end - Date.now() / 1000);
    if (left <= 0) {
      clearInterval(timer);
      location.reload();
    } else {
      element.textContent = clock(left);
    }
  }, 1000);
}

if (time) count(time);
