// Times in the visitor's zone, and how long until then. Pure: the time is a parameter.

/** A unit is used from two on: "in 47 hours", but "in 2 days". */
const UNITS = /** @type {const} */ ([
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]);

/**
 * The visitor's own locale if its language is the page's, else the page's.
 *
 * @param {string} page
 * @param {readonly string[]} visitor
 */
export function locale(page, visitor) {
  const language = (/** @type {string} */ tag) => tag.split('-')[0].toLowerCase();
  return visitor.find((tag) => language(tag) === language(page)) ?? page;
}

/**
 * The time of day, as in "18:00".
 *
 * @param {string} moment ISO 8601
 * @param {string} tag
 * @param {string} [zone] default: the visitor's own
 */
export function timeOfDay(moment, tag, zone) {
  const style = /** @type {const} */ ({ hour: '2-digit', minute: '2-digit' });
  return new Intl.DateTimeFormat(tag, { ...style, timeZone: zone }).format(new Date(moment));
}

/**
 * As in "Thursday, 24 December 2026 at 18:00".
 *
 * @param {string} moment ISO 8601
 * @param {string} tag
 * @param {string} [zone] default: the visitor's own
 */
export function inWords(moment, tag, zone) {
  const style = /** @type {const} */ ({ dateStyle: 'full', timeStyle: 'short' });
  return new Intl.DateTimeFormat(tag, { ...style, timeZone: zone }).format(new Date(moment));
}

/**
 * As in "in 25 days".
 *
 * @param {number} seconds
 * @param {string} tag
 */
export function fromNow(seconds, tag) {
  const format = new Intl.RelativeTimeFormat(tag);
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size) ?? ['second', 1];
  return format.format(unit === 'second' ? Math.ceil(seconds) : Math.floor(seconds / size), unit);
}

/**
 * How long a waiting page goes on waiting once its time has come and the server has answered.
 *
 * @param {number} status of the answer
 * @param {string | null} retryAfter its header
 * @returns {number | null} seconds; null: load the page, it is another one now
 */
export function stillWaiting(status, retryAfter) {
  const seconds = Number(retryAfter ?? Number.NaN);
  return status === 403 && seconds >= 0 ? seconds : null;
}
