// Compiles a WebAssembly module for a page, whose own policy forbids it, see rooms/security.py.

(() => {
  const scope = /** @type {any} */ (self);

  /** @param {MessageEvent<string>} event the module's address */
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ module: await WebAssembly.compileStreaming(fetch(data)) });
    } catch (error) {
      scope.postMessage({ why: String(error) });
    }
    scope.close();
  };
})();
