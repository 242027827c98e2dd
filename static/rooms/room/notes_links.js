import { Emitter } from '../common/emitter.js';

/** A person's own address is good for 12 hours. Milliseconds. */
const ASK_AGAIN = 3_600_000;

/** @typedef {import('../common/types.js').NotesLinkEvent} Links */

/**
 * Where the notes are, as the server last said. It is asked after the join, because nobody has the
 * notes before.
 *
 * @extends {Emitter<{links: Links, moved: Links}>} `moved`: the notes must be opened again
 */
export class NotesLinks extends Emitter {
  /**
   * @param {import('./call.js').Call} call
   * @param {string} provider
   */
  constructor(call, provider) {
    super();
    this._call = call;
    /** @type {Links | null} */
    this.latest = null;
    const again = async () => {
      const links = await this.ask();
      // The built-in notes hear of it by themselves.
      if (links && provider === 'etherpad') this.emit('moved', links);
    };
    call.on('notes_changed', again);
    call.on('role', again);
    const timer = setInterval(() => void this.ask(), ASK_AGAIN);
    call.on('ended', () => clearInterval(timer));
  }

  /** @returns {Promise<Links | null>} null: no answer */
  async ask() {
    const answer = await this._call.ask({ type: 'notes_link' });
    if (!answer) return null;
    this.latest = answer;
    this.emit('links', answer);
    return answer;
  }
}
