/** Three notes upwards, which no ringtone has. Hertz. */
const NOTES = [523.25, 659.25, 783.99];

/** Seconds from one note to the next. */
const STEP = 0.25;

/**
 * When each note begins, in seconds, and its frequency.
 *
 * @returns {{at: number, frequency: number}[]}
 */
export function melody() {
  return NOTES.map((frequency, index) => ({ at: index * STEP, frequency }));
}

/**
 * Play a short sound.
 *
 * @param {string} output id of the device; '': the usual one
 * @returns {Promise<void>} when it has begun; rejected if it does not
 */
export async function playTestSound(output) {
  const context = new AudioContext();
  try {
    await use(context, output);
    await context.resume();
    const start = context.currentTime + 0.05;
    const notes = melody().map((note) => play(context, note.frequency, start + note.at));
    const last = notes[notes.length - 1];
    last.onended = () => void context.close();
  } catch (error) {
    void context.close();
    throw error;
  }
}

/**
 * @param {AudioContext} context
 * @param {string} output
 */
async function use(context, output) {
  // Not in TypeScript's DOM library.
  /** @type {{setSinkId?: (id: string) => Promise<void>}} */
  const able = /** @type {any} */ (context);
  if (output) await able.setSinkId?.(output);
}

/**
 * @param {AudioContext} context
 * @param {number} frequency
 * @param {number} at
 */
function play(context, frequency, at) {
  const gain = context.createGain();
  const note = context.createOscillator();
  note.frequency.value = frequency;
  // It swells and fades, because a sudden tone clicks.
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.5);
  note.connect(gain).connect(context.destination);
  note.start(at);
  note.stop(at + 0.5);
  return note;
}
