// While a call lasts, the screen stays on.

/** Asks for the lock again whenever the browser has taken it, as it does from hidden pages. */
export class WakeLock {
  /**
   * @param {() => Promise<WakeLockSentinel>} request
   * @param {() => boolean} visible browsers give a lock only to a page that is visible
   */
  constructor(request, visible) {
    this._request = request;
    this._visible = visible;
    this._wanted = false;
    this._asking = false;
    /** @type {WakeLockSentinel | null} */
    this._lock = null;
  }

  /** @param {boolean} on */
  async want(on) {
    if (on === this._wanted) return;
    this._wanted = on;
    await this.look();
  }

  /** Compare what is wanted with what there is, and act on the difference. */
  async look() {
    if (this._asking) return;
    if (!this._wanted) {
      await this._lock?.release();
      return;
    }
    if (this._lock || !this._visible()) return;
    this._asking = true;
    try {
      const lock = await this._request();
      this._lock = lock;
      lock.addEventListener('release', () => {
        if (this._lock === lock) this._lock = null;
      });
    } catch {
      return; // to save energy; it is asked again when the page is shown again
    } finally {
      this._asking = false;
    }
    // The call may have ended meanwhile.
    if (!this._wanted) await this.look();
  }
}

/** @param {import('../../room/call.js').Call} call */
export function keepAwake(call) {
  const { wakeLock } = navigator;
  if (!wakeLock) return; // an old browser, or a page over plain http
  const lock = new WakeLock(
    () => wakeLock.request('screen'),
    () => document.visibilityState === 'visible',
  );
  call.on('changed', () => void lock.want(call.entered && !call.over));
  call.on('ended', () => void lock.want(false));
  document.addEventListener('visibilitychange', () => void lock.look());
}
