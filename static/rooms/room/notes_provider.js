import { awareness as presence, decoding, encoding, sync } from '../../vendor/notes-editor.js';
import { delay } from '../common/backoff.js';
import { Emitter } from '../common/emitter.js';

// Message types of y-protocols.
const SYNC = 0;
const AWARENESS = 1;
/** Our own: what the person may do, and who wrote what. */
const TOLD = 64;

/** Close codes after which it is pointless to reconnect (docs/protocol.md). */
const FINAL = new Set([4403, 4413]);

/** So long after the last change, the page asks whether the server has everything. Milliseconds. */
const ASK_AFTER = 400;

/** @typedef {{write?: boolean, authors?: Record<string, string>}} Told */
/** @typedef {'connecting' | 'saving' | 'saved' | 'reconnecting' | 'refused'} Status */

/**
 * Keeps a Yjs document and its awareness in step with the server. Changes while offline are kept
 * and sent later.
 *
 * @extends {Emitter<{status: Status, told: Told}>}
 */
export class NotesProvider extends Emitter {
  /**
   * @param {string} url
   * @param {string} shown grants access: the key of a link, or a pass. Sent as a subprotocol, so
   *   that it appears in no log
   * @param {import('../../vendor/notes-editor.js').Y.Doc} doc
   */
  constructor(url, shown, doc) {
    super();
    this._url = url;
    this._shown = shown;
    this._doc = doc;
    this.awareness = new presence.Awareness(doc);
    /** @type {WebSocket | null} */
    this._socket = null;
    this._attempt = 0;
    this._asked = 0;
    this._timer = 0;
    /** @type {Status} */
    this.status = 'connecting';
    doc.on('update', (/** @type {Uint8Array} */ update, /** @type {unknown} */ origin) => {
      this._localUpdate(update, origin);
    });
    this.awareness.on('update', (/** @type {Changes} */ changes, /** @type {unknown} */ origin) => {
      const { added, updated, removed } = changes;
      if (origin !== this) this._sendAwareness([...added, ...updated, ...removed]);
    });
    globalThis.addEventListener('pagehide', () => {
      presence.removeAwarenessStates(this.awareness, [doc.clientID], 'pagehide');
    });
  }

  connect() {
    clearTimeout(this._timer);
    const socket = new WebSocket(this._url, ['yjs', this._shown]);
    socket.binaryType = 'arraybuffer';
    this._socket = socket;
    socket.onopen = () => {
      this._attempt = 0;
      this._ask();
      this._sendAwareness([this._doc.clientID]);
    };
    socket.onmessage = ({ data }) => this._receive(new Uint8Array(data));
    socket.onclose = ({ code }) => this._closed(code);
  }

  /** @param {number} code */
  _closed(code) {
    this._socket = null;
    clearTimeout(this._timer);
    const others = [...this.awareness.getStates().keys()].filter((id) => id !== this._doc.clientID);
    presence.removeAwarenessStates(this.awareness, others, this);
    if (FINAL.has(code)) return this._say('refused');
    this._say('reconnecting');
    this._timer = setTimeout(() => this.connect(), delay(this._attempt, Math.random()));
    this._attempt += 1;
  }

  /** @param {Uint8Array} message */
  _receive(message) {
    const decoder = decoding.createDecoder(message);
    const kind = decoding.readVarUint(decoder);
    if (kind === AWARENESS) {
      presence.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
    }
    if (kind === TOLD) {
      const bytes = decoding.readVarUint8Array(decoder);
      this.emit('told', JSON.parse(new TextDecoder().decode(bytes)));
    }
    if (kind !== SYNC) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    const step = sync.readSyncMessage(decoder, encoder, this._doc, this);
    if (encoding.length(encoder) > 1) this._send(encoding.toUint8Array(encoder));
    // The server handles messages in order: with this answer, all that was sent before the question
    // is saved.
    if (step === sync.messageYjsSyncStep2) this._answered();
  }

  /**
   * @param {Uint8Array} update
   * @param {unknown} origin
   */
  _localUpdate(update, origin) {
    if (origin === this) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeUpdate(encoder, update);
    if (!this._send(encoding.toUint8Array(encoder))) return;
    this._say('saving');
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._ask(), ASK_AFTER);
  }

  _ask() {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    sync.writeSyncStep1(encoder, this._doc);
    if (this._send(encoding.toUint8Array(encoder))) this._asked += 1;
    this._timer = 0;
  }

  _answered() {
    this._asked = Math.max(0, this._asked - 1);
    if (!this._asked && !this._timer) this._say('saved');
  }

  /** @param {number[]} clients */
  _sendAwareness(clients) {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, AWARENESS);
    encoding.writeVarUint8Array(encoder, presence.encodeAwarenessUpdate(this.awareness, clients));
    this._send(encoding.toUint8Array(encoder));
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  _send(bytes) {
    if (this._socket?.readyState !== WebSocket.OPEN) return false;
    this._socket.send(bytes);
    return true;
  }

  /** @param {Status} status */
  _say(status) {
    if (status === 'reconnecting') this._asked = 0;
    this.status = status;
    this.emit('status', status);
  }
}

/** @typedef {{added: number[], updated: number[], removed: number[]}} Changes */
