// A microphone's sound without the noise around a voice (RNNoise), made in the thread of the sound.

/** @typedef {import('./background.js').Told} Told */

/** RNNoise knows voices at this rate only. */
const RATE = 48_000;

export function canReduceNoise() {
  return 'AudioWorkletNode' in globalThis && 'WebAssembly' in globalThis;
}

/**
 * @param {string} worker address of the script that compiles
 * @param {string} file
 * @returns {Promise<WebAssembly.Module>}
 */
function compile(worker, file) {
  return new Promise((resolve, reject) => {
    const compiler = new Worker(worker);
    compiler.onmessage = ({ data }) =>
      data.module ? resolve(data.module) : reject(new Error(data.why));
    compiler.onerror = ({ message }) => reject(new Error(message));
    compiler.postMessage(new URL(file, location.href).href);
  });
}

/** From a microphone's track to one with less noise. */
export class NoiseEffect {
  /**
   * @param {MediaStreamTrack} raw
   * @param {import('./background.js').Files} files
   * @param {Told} told `ready` comes again whenever the browser stops or starts the sound
   */
  constructor(raw, files, told) {
    this.raw = raw;
    this._told = told;
    this._context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    this._end = this._context.createMediaStreamDestination();
    this._connected = false;
    this._closed = false;
    this._context.onstatechange = () => this._closed || told.ready();
    // Browsers may start a sound only after a click.
    this._wake = () => {
      if (this._context.state !== 'running') void this._context.resume().catch(() => {});
    };
    globalThis.addEventListener('click', this._wake);
    this._connect(files).catch((error) => this._closed || told.failed(String(error)));
  }

  /** The track to send; null: there is no sound from it now. */
  get output() {
    const sounds = this._connected && this._context.state === 'running';
    return sounds ? this._end.stream.getAudioTracks()[0] : null;
  }

  /** @param {import('./background.js').Files} files */
  async _connect(files) {
    const context = this._context;
    const [module] = await Promise.all([
      compile(files['compile.js'], files['rnnoise.wasm']),
      context.audioWorklet.addModule(files['noise.js']),
    ]);
    if (this._closed) return;
    const node = new AudioWorkletNode(context, 'confcall-noise', {
      channelCount: 1,
      channelCountMode: 'explicit',
      outputChannelCount: [1],
      processorOptions: { module },
    });
    node.onprocessorerror = () => this._told.failed('the processor has stopped');
    context.createMediaStreamSource(new MediaStream([this.raw])).connect(node).connect(this._end);
    this._connected = true;
    this._wake();
    this._told.ready();
  }

  close() {
    this._closed = true;
    globalThis.removeEventListener('click', this._wake);
    for (const track of this._end.stream.getTracks()) track.stop();
    void this._context.close().catch(() => {});
  }
}
