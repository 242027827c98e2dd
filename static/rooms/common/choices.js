// What a person chose last time, kept in this browser only.

const KEY = 'confcall';

/** How tiles are arranged: by what happens, all alike, or one of them large. */
export const LAYOUTS = /** @type {const} */ (['auto', 'grid', 'focus']);

/** @typedef {import('./types.js').Mode} Mode */
/** @typedef {'' | 'blur' | 'room' | 'own'} Background behind a person in their own video */
/** @typedef {typeof LAYOUTS[number]} Layout */
/**
 * @typedef {{
 *   name: string,
 *   camera: string,
 *   microphone: string,
 *   output: string,
 *   preview: boolean,
 *   shortcuts: boolean,
 *   mention_sound: boolean,
 *   panel: number,
 *   split: number,
 *   layout: Layout,
 *   knockSound: boolean,
 *   background: Background,
 *   quiet: boolean,
 *   modes: Partial<Record<string, Mode>>,
 * }} Choices
 */

/** @type {Choices} */
const DEFAULTS = {
  name: '',
  camera: '',
  microphone: '',
  output: '',
  preview: false,
  shortcuts: true,
  mention_sound: true,
  panel: 0,
  split: 0,
  layout: 'auto',
  knockSound: true,
  background: '',
  quiet: false,
  modes: {},
};

/** @returns {Choices} */
export function choices() {
  try {
    return { ...DEFAULTS, ...JSON.parse(localStorage.getItem(KEY) ?? '{}') };
  } catch {
    return { ...DEFAULTS }; // storage is refused, or holds something else
  }
}

/** @param {Partial<Choices>} chosen */
export function remember(chosen) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...choices(), ...chosen }));
  } catch {
    // Without storage nothing is remembered. Nothing else depends on it.
  }
}
