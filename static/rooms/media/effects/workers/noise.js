// Takes the noise out of a voice (RNNoise), in the thread of the sound.

/** Samples that RNNoise takes at once: 10 ms at 48 kHz. */
const FRAME = 480;

/** RNNoise counts in 16-bit samples. */
const SCALE = 32768;

/** Names of @jitsi/rnnoise-wasm 0.2.1, which its build has shortened. */
const NAMES = { memory: 'c', start: 'd', create: 'f', malloc: 'g', process: 'j' };

// TypeScript's DOM library does not know the scope of an AudioWorklet.
const { AudioWorkletProcessor, registerProcessor } = /** @type {any} */ (globalThis);

export class NoiseProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {module: WebAssembly.Module}}} options */
  constructor({ processorOptions: { module } }) {
    super();
    const none = () => 0;
    const { exports } = new WebAssembly.Instance(module, {
      // Growing and copying large blocks: RNNoise does neither while it runs.
      a: { a: none, b: (/** @type {number[]} */ ...at) => this._copy(at[0], at[1], at[2]) },
    });
    const use = /** @type {Record<string, any>} */ (exports);
    this._memory = use[NAMES.memory];
    use[NAMES.start]();
    this._state = use[NAMES.create](0);
    this._at = use[NAMES.malloc](FRAME * 4);
    this._process = use[NAMES.process];
    this._frame = new Float32Array(this._memory.buffer, this._at, FRAME);
    this._in = new Float32Array(FRAME);
    this._out = new Float32Array(FRAME);
    this._filled = 0;
  }

  /** @param {number} to @param {number} from @param {number} length */
  _copy(to, from, length) {
    new Uint8Array(this._memory.buffer).copyWithin(to, from, from + length);
  }

  /**
   * Each sample goes out one frame, 10 ms, after it came in.
   *
   * @param {Float32Array[][]} inputs
   * @param {Float32Array[][]} outputs
   */
  process([[voice]], [[out]]) {
    for (let index = 0; index < out.length; index += 1) {
      out[index] = this._out[this._filled];
      this._in[this._filled] = voice ? voice[index] : 0;
      this._filled += 1;
      if (this._filled === FRAME) this._clean();
    }
    return true;
  }

  _clean() {
    if (!this._frame.length) this._frame = new Float32Array(this._memory.buffer, this._at, FRAME);
    for (let index = 0; index < FRAME; index += 1) this._frame[index] = this._in[index] * SCALE;
    this._process(this._state, this._at, this._at);
    for (let index = 0; index < FRAME; index += 1) this._out[index] = this._frame[index] / SCALE;
    this._filled = 0;
  }
}

registerProcessor('confcall-noise', NoiseProcessor);
