import { byId } from '../dom.js';

/** From the first media to the first frame, at most. Others may have no camera. */
const FRAME_WITHIN = 1000;

/** From the join to the first media, at most: the network may let none through. */
const MEDIA_WITHIN = 3000;

/**
 * Do this once, when the first frame of another person is shown, or when none is to be expected.
 *
 * @param {import('../../room/call.js').Call} call
 * @param {() => void} action
 */
export function afterFirstFrame(call, action) {
  const stage = byId('stage', HTMLElement);
  const timers = { media: 0, frame: 0 };
  let done = false;
  const go = () => {
    if (done || call.over) return;
    done = true;
    clearTimeout(timers.media);
    clearTimeout(timers.frame);
    stage.removeEventListener('loadeddata', seen, true);
    action();
  };
  const seen = (/** @type {Event} */ { target }) => {
    const own = target instanceof Element && target.closest('.mirrored');
    if (target instanceof HTMLVideoElement && !own) go();
  };
  // This event does not bubble.
  stage.addEventListener('loadeddata', seen, true);
  call.on('changed', () => {
    if (done) return;
    if (call.connected && call.room.people.size < 2) go();
    else if (call.connected) timers.frame ||= setTimeout(go, FRAME_WITHIN);
    else if (call.entered) timers.media ||= setTimeout(go, MEDIA_WITHIN);
  });
}
