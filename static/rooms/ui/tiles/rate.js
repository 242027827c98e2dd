import { LOCALE } from '../moments.js';

/** @param {number} bits per second */
export function rate(bits) {
  return bits >= 1e6 ? `${decimal(bits / 1e6)} Mbit/s` : `${Math.round(bits / 1000)} kbit/s`;
}

/** @param {number} number shown with one digit after the point, or the comma */
export function decimal(number) {
  return number.toLocaleString(LOCALE, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
