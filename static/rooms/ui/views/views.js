import { fullScreen } from './full_screen.js';
import { keepAwake } from './wake_lock.js';

/**
 * How the call is shown by this computer.
 *
 * @param {import('../../room/call.js').Call} call
 */
export function views(call) {
  keepAwake(call);
  fullScreen();
}
