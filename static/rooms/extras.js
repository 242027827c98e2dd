// What is loaded once the call is seen and heard.

import { renewing } from './ui/notes/notes_renew.js';
import { reactionButtons, Reactions } from './ui/reactions.js';
import { closeMore } from './ui/views/more.js';

/**
 * @param {import('./room/call.js').Call} call
 * @param {import('./ui/tiles/tiles.js').Tiles} tiles
 */
export function extras(call, tiles) {
  if (call.over) return;
  renewing(call);
  reactionButtons(call, closeMore);
  new Reactions(call, (person) => tiles.shownOf(person));
}
