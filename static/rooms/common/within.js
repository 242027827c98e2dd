/**
 * The result of a promise that settles in time.
 *
 * @template T
 * @param {Promise<T>} coming
 * @param {number} milliseconds
 * @returns {Promise<T>} rejected with a TimeoutError otherwise
 */
export async function within(coming, milliseconds) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const end = new Promise((_, reject) => {
    const late = () => reject(new DOMException('it takes too long', 'TimeoutError'));
    timer = setTimeout(late, milliseconds);
  });
  try {
    return await Promise.race([coming, /** @type {Promise<never>} */ (end)]);
  } finally {
    clearTimeout(timer);
  }
}
