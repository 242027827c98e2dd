// A picture of one's own for the background. It stays in this browser.

const DATABASE = 'confcall';
const STORE = 'pictures';
const KEY = 'background';

/** Longer side of what is kept: as large as a video. */
const LONGEST = 1920;

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransactionMode} mode */
async function store(mode) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return (await done(opening)).transaction(STORE, mode).objectStore(STORE);
}

/** @returns {Promise<Blob | undefined>} */
export async function ownPicture() {
  try {
    return await done((await store('readonly')).get(KEY));
  } catch {
    return undefined; // storage is refused
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<Blob>} the picture as it is kept. Rejects if it is none.
 */
export async function keepOwnPicture(file) {
  const whole = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(whole.width, whole.height));
  const canvas = new OffscreenCanvas(whole.width * scale, whole.height * scale);
  canvas.getContext('2d')?.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  const picture = await canvas.convertToBlob({ type: 'image/webp', quality: 0.85 });
  try {
    await done((await store('readwrite')).put(picture, KEY));
  } catch {
    // Then it is for this visit only.
  }
  return picture;
}
