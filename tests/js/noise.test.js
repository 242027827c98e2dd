import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

globalThis.AudioWorkletProcessor = class {};
globalThis.registerProcessor = () => {};
const { NoiseProcessor } = await import(
  '../../static/rooms/media/effects/workers/noise.js'
);
const file = new URL('../../static/vendor/effects/rnnoise.wasm', import.meta.url);
const module = new WebAssembly.Module(readFileSync(file));

/** Loudness of the last second after a sound went through RNNoise. */
function after(sound, seconds = 3) {
  const processor = new NoiseProcessor({ processorOptions: { module } });
  let power = 0;
  for (let at = 0; at < seconds * 48_000; at += 128) {
    const voice = Float32Array.from({ length: 128 }, (_, index) => sound(at + index));
    const out = new Float32Array(128);
    assert.equal(processor.process([[voice]], [[out]]), true);
    if (at >= (seconds - 1) * 48_000) for (const sample of out) power += sample * sample;
  }
  return Math.sqrt(power / 48_000);
}

test('noise is taken out', () => {
  let seed = 1;
  const noise = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed / 2 ** 30 - 1) * 0.05;
  };
  const before = 0.05 / Math.sqrt(3);
  assert.ok(after(noise) < before / 4);
});

/** A buzz with the harmonics and the syllables of a voice. */
function voice(at) {
  const seconds = at / 48_000;
  let sum = 0;
  for (let harmonic = 1; harmonic <= 20; harmonic += 1) {
    sum += Math.sin(2 * Math.PI * 140 * harmonic * seconds) / harmonic;
  }
  return 0.1 * sum * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * seconds));
}

test('a voice stays', () => {
  assert.ok(after(voice) > 0.02);
});

test('silence and no device at all give silence', () => {
  assert.ok(after(() => 0) < 1e-4);
  const processor = new NoiseProcessor({ processorOptions: { module } });
  const out = new Float32Array(128);
  processor.process([[]], [[out]]);
  assert.deepEqual(out, new Float32Array(128));
});
