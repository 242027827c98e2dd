// Puts something else behind a person, frame by frame. A classic worker, because the scripts of
// MediaPipe are classic ones. It runs under a policy of its own, see rooms/security.py.

(() => {
  /** The size that the model works in. */
  const MODEL = { width: 256, height: 144 };

  /** Drawn this small and large again, a picture is blurred. */
  const BLUR = { width: 64, height: 36 };

  const REPORT_EVERY = 1000;

  // MediaPipe supports workers, but its way there loads the model as a script. So it gets the few
  // things that it needs of a page.
  const scope = /** @type {any} */ (self);
  scope.window = self;
  scope.document = {
    createElement: (/** @type {string} */ name) =>
      name === 'canvas' ? new OffscreenCanvas(1, 1) : new LoadedScript(),
    body: { appendChild: (/** @type {LoadedScript} */ script) => script.load() },
    addEventListener() {},
    removeEventListener() {},
    querySelector: () => null,
    getElementById: () => null,
  };

  class LoadedScript {
    constructor() {
      this.src = '';
      /** @type {Record<string, () => void>} */
      this.listeners = {};
    }

    /**
     * @param {string} _name always `src` or `crossorigin`
     * @param {string} value
     */
    setAttribute(_name, value) {
      if (_name === 'src') this.src = value;
    }

    /**
     * @param {string} name
     * @param {() => void} listener
     */
    addEventListener(name, listener) {
      this.listeners[name] = listener;
    }

    load() {
      scope.importScripts(this.src);
      this.listeners.load?.();
    }
  }

  /** @param {number} width @param {number} height */
  function canvas(width, height) {
    const made = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (made.getContext('2d'));
    context.imageSmoothingQuality = 'high';
    return context;
  }

  /**
   * Where a frame is in the model's picture.
   *
   * @param {VideoFrame} frame
   */
  function inside({ displayWidth, displayHeight }) {
    const scale = Math.min(MODEL.width / displayWidth, MODEL.height / displayHeight);
    const [width, height] = [displayWidth * scale, displayHeight * scale];
    return { x: (MODEL.width - width) / 2, y: (MODEL.height - height) / 2, width, height };
  }

  /** Finds the person in a picture. */
  class Finder {
    /** @param {Record<string, string>} files addresses by name */
    constructor(files) {
      this._input = canvas(MODEL.width, MODEL.height);
      /** @type {ImageBitmap | null} */
      this.mask = null;
      scope.importScripts(files['selfie_segmentation.js']);
      this._model = new scope.SelfieSegmentation({
        locateFile: (/** @type {string} */ name) => files[name] ?? name,
      });
      // The landscape model. On the processor it takes as long on every computer, and a tenth of
      // what a computer without a graphics card needs otherwise.
      this._model.setOptions({ modelSelection: 1, useCpuInference: true });
      this._model.onResults((/** @type {{segmentationMask: ImageBitmap}} */ results) => {
        this.mask?.close();
        this.mask = results.segmentationMask;
      });
    }

    /** Frames go on meanwhile. */
    async prepare() {
      await this._model.initialize();
    }

    /** @param {VideoFrame} frame */
    async look(frame) {
      const { x, y, width, height } = inside(frame);
      // In the middle of black, if the camera is held upright. The model knows no flattened people.
      this._input.clearRect(0, 0, MODEL.width, MODEL.height);
      this._input.drawImage(frame, x, y, width, height);
      await this._model.send({ image: this._input.canvas });
    }
  }

  class Painter {
    constructor() {
      this._out = canvas(16, 9);
      this._small = canvas(BLUR.width, BLUR.height);
      /** @type {Finder | null} */
      this.finder = null;
      /** @type {ImageBitmap | null} what is behind the person; null: what is there, blurred */
      this.picture = null;
    }

    /** @param {VideoFrame} frame */
    async paint(frame) {
      const { displayWidth: width, displayHeight: height, timestamp } = frame;
      await this.finder?.look(frame);
      const out = this._out;
      if (out.canvas.width !== width || out.canvas.height !== height) {
        Object.assign(out.canvas, { width, height });
        out.imageSmoothingQuality = 'high';
      }
      const mask = this.finder?.mask;
      out.globalCompositeOperation = 'copy';
      if (mask) {
        const part = inside(frame);
        out.drawImage(mask, part.x, part.y, part.width, part.height, 0, 0, width, height);
        out.globalCompositeOperation = 'source-in';
        out.drawImage(frame, 0, 0, width, height);
        out.globalCompositeOperation = 'destination-over';
      }
      // Until the person is found, everything is background.
      if (this.picture) cover(out, this.picture, width, height);
      else this._blurred(frame, width, height);
      return new VideoFrame(out.canvas, { timestamp, alpha: 'discard' });
    }

    /** @param {VideoFrame} frame @param {number} width @param {number} height */
    _blurred(frame, width, height) {
      const small = this._small;
      // Safari has no filter; the picture is then a little sharper.
      small.filter = 'blur(1px)';
      small.drawImage(frame, 0, 0, BLUR.width, BLUR.height);
      this._out.drawImage(small.canvas, 0, 0, width, height);
    }
  }

  /**
   * Fill all of it with the middle of a picture.
   *
   * @param {OffscreenCanvasRenderingContext2D} out
   * @param {ImageBitmap} picture
   * @param {number} width
   * @param {number} height
   */
  function cover(out, picture, width, height) {
    const scale = Math.max(width / picture.width, height / picture.height);
    const [w, h] = [width / scale, height / scale];
    const [x, y] = [(picture.width - w) / 2, (picture.height - h) / 2];
    out.drawImage(picture, x, y, w, h, 0, 0, width, height);
  }

  /** Counts the work, once the model is there. */
  class Meter {
    constructor() {
      this._frames = 0;
      this._busy = 0;
      this._since = performance.now();
    }

    reset() {
      this._frames = 0;
      this._busy = 0;
      this._since = performance.now();
    }

    /** @param {number} began */
    add(began) {
      const now = performance.now();
      this._frames += 1;
      this._busy += now - began;
      const milliseconds = now - this._since;
      if (milliseconds < REPORT_EVERY) return;
      const reading = { frames: this._frames, busy: this._busy, milliseconds };
      scope.postMessage({ kind: 'reading', reading });
      this.reset();
    }
  }

  const painter = new Painter();
  const meter = new Meter();
  /** @type {ReadableStreamDefaultReader<VideoFrame> | undefined} */
  let reader;

  /**
   * @param {ReadableStream<VideoFrame>} readable
   * @param {WritableStream<VideoFrame>} writable
   */
  async function run(readable, writable) {
    reader = readable.getReader();
    const writer = writable.getWriter();
    for (let first = true; ; first = false) {
      const { value: frame, done } = await reader.read();
      if (done) break;
      const began = performance.now();
      try {
        await writer.write(await painter.paint(frame));
      } finally {
        frame.close();
      }
      if (painter.finder?.mask) meter.add(began);
      else meter.reset();
      if (first) scope.postMessage({ kind: 'started' });
    }
    scope.close();
  }

  /** @param {Record<string, string>} files */
  async function find(files) {
    const finder = new Finder(files);
    await finder.prepare();
    painter.finder = finder;
  }

  /** @param {unknown} error */
  function failed(error) {
    scope.postMessage({ kind: 'failed', why: String(error) });
  }

  /** @param {MessageEvent} event */
  self.onmessage = ({ data }) => {
    if (data.kind === 'show') {
      painter.picture?.close();
      painter.picture = data.picture;
    } else if (data.kind === 'start') {
      painter.picture = data.picture;
      run(data.readable, data.writable).catch(failed);
    } else if (data.kind === 'find') {
      find(data.files).catch(failed);
    } else if (data.kind === 'stop') {
      void reader?.cancel();
      scope.close();
    }
  };
})();
