/** Two soft tones, in hertz, and when each begins, in seconds. */
const TONES = [[587.33, 0], [783.99, 0.16]];
const LOUD = 0.08;
const LASTS = 0.5;

/**
 * A gentle sound. Nothing happens if the browser has no sound, or allows none before a click.
 */
export function chime() {
  let context;
  try {
    context = new AudioContext();
  } catch {
    return;
  }
  const now = context.currentTime;
  for (const [hertz, after] of TONES) tone(context, hertz, now + after);
  const done = () => void context.close().catch(() => {});
  setTimeout(done, 1000 * (LASTS + 0.5));
}

/**
 * @param {AudioContext} context
 * @param {number} hertz
 * @param {number} start
 */
function tone(context, hertz, start) {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(LOUD, start + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + LASTS - 0.16);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(start + LASTS - 0.16);
}
