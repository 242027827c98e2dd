import { pairCount, voiceCount } from './slots.js';

/**
 * @typedef {import('./slots.js').Wish} Wish
 * @typedef {import('./link.js').Link} Link
 */

/**
 * What arrives in a call, over one connection or over two. While a new one takes over, each sound
 * and each video is shown from the previous one until it has come over the new one as well.
 */
export class Reception {
  /**
   * @param {readonly Link[]} links oldest first; the owner changes it
   * @param {() => void} wanted called when the wishes have changed
   */
  constructor(links, wanted) {
    this._links = links;
    this._wanted = wanted;
    /** @type {readonly Wish[]} */
    this.wishes = [];
  }

  /** How many receive pairs and voice slots a new connection should have. */
  get size() {
    return { pairs: pairCount(this.wishes.length, 4), voices: voiceCount(this.wishes.length, 0) };
  }

  /** Tracks for the voices of people without a pair: of one connection, so that none is double. */
  get voices() {
    return this._links[0]?.slots.voices ?? [];
  }

  /** @param {readonly Wish[]} wishes most wanted first */
  want(wishes) {
    const same = JSON.stringify(wishes) === JSON.stringify(this.wishes);
    this.wishes = wishes;
    for (const { slots } of this._links) slots.want(wishes);
    if (!same) this._wanted();
  }

  /**
   * What arrives for a wish.
   *
   * @param {Wish} wish
   * @returns {{
   *   audio: MediaStreamTrack, video: MediaStreamTrack, live: boolean, paused: string,
   * } | null} `live`: it is the wished video; `paused`: why no video comes, or ''
   */
  arriving(wish) {
    const audio = this._from(wish, 'audio')?.slots.arriving(wish);
    const video = this._from(wish, 'video')?.slots.arriving(wish);
    if (!audio || !video) return null;
    const { paused } = video;
    return { audio: audio.audio.track, video: video.video.track, live: video.video.bound, paused };
  }

  /**
   * The connection from which this is shown: the newest one over which it has come, or the oldest.
   *
   * @param {Wish} wish
   * @param {'audio' | 'video'} kind
   */
  _from(wish, kind) {
    const [oldest, ...newer] = this._links;
    const has = newer.findLast((link) => link.has(wish)[kind]);
    return has ?? (oldest?.slots.arriving(wish) ? oldest : newer.at(-1) ?? oldest);
  }

  /**
   * Does all that arrives over an older connection arrive over this one too?
   *
   * @param {Link} link
   */
  covers(link) {
    const older = this._links.slice(0, this._links.indexOf(link));
    return this.wishes.every((wish) => {
      const now = link.has(wish);
      return older.every(({ slots }) => {
        const before = slots.arriving(wish);
        return (now.audio || !before?.audio.bound) && (now.video || !before?.video.bound);
      });
    });
  }

  /**
   * Where the video of a tile arrives, for its statistics.
   *
   * @param {string} key
   * @returns {{receiver: RTCRtpReceiver, layer: string, limit: string} | null} `limit`: why no
   *   video, or no better one, comes, or ''
   */
  receiver(key) {
    const wish = this.wishes.find((one) => one.key === key);
    return (wish && this._from(wish, 'video')?.slots.receiver(key)) ?? null;
  }
}
