import assert from 'node:assert/strict';
import { test } from 'node:test';

import { melody, playTestSound } from '../../static/rooms/media/test_sound.js';

/** An AudioContext that keeps what is asked of it. */
function speakers({ refuses = false } = {}) {
  const said = { output: '', notes: [], closed: 0, last: null };
  const chain = { connect: (next) => next };
  globalThis.AudioContext = class {
    currentTime = 10;
    destination = chain;

    async setSinkId(id) {
      said.output = id;
    }

    async resume() {
      if (refuses) throw new Error('no output');
    }

    createGain() {
      const step = () => {};
      const gain = {
        setValueAtTime: step,
        linearRampToValueAtTime: step,
        exponentialRampToValueAtTime: step,
      };
      return { ...chain, gain };
    }

    createOscillator() {
      const note = { ...chain, frequency: { value: 0 }, start: (at) => said.notes.push(at) };
      said.last = { ...note, stop() {} };
      return said.last;
    }

    async close() {
      said.closed += 1;
    }
  };
  return said;
}

test('the notes follow each other upwards', () => {
  const notes = melody();
  assert.deepEqual(notes, [...notes].sort((a, b) => a.at - b.at || a.frequency - b.frequency));
  assert.ok(notes[notes.length - 1].at < 1);
});

test('the sound comes from the chosen speaker, and ends', async () => {
  const said = speakers();
  await playTestSound('kitchen');
  assert.deepEqual([said.output, said.notes.length, said.closed], ['kitchen', 3, 0]);
  said.last.onended();
  assert.equal(said.closed, 1);
});

test('a browser that plays nothing says so', async () => {
  const said = speakers({ refuses: true });
  await assert.rejects(playTestSound(''));
  assert.equal(said.closed, 1);
});
