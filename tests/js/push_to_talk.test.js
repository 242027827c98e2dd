import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../static/rooms/common/emitter.js';
import { PushToTalk } from '../../static/rooms/media/push_to_talk.js';

/** A microphone whose device is open, or opens when the test says so. */
class Microphone extends Emitter {
  constructor(open = true) {
    super();
    this.on_ = false;
    this.open = open;
    this.asked = new Promise((resolve, reject) => {
      this.answer = { resolve, reject };
    });
  }

  isOn() {
    return this.open && this.on_;
  }

  track() {
    return this.open ? {} : null;
  }

  async setMicrophone(on) {
    if (on && !this.open) {
      await this.asked;
      this.open = true;
    }
    if (!this.open) return;
    this.on_ = on;
    this.emit('changed', 'microphone');
  }
}

/** @param {Microphone} microphone */
function talking(microphone, may = true) {
  const talk = new PushToTalk(microphone, () => may);
  const told = [];
  talk.on('changed', (held) => told.push(held));
  return { talk, told };
}

test('a muted microphone is on for as long as the key is held', () => {
  const microphone = new Microphone();
  const { talk, told } = talking(microphone);
  assert.ok(talk.press());
  assert.ok(microphone.isOn());
  assert.ok(talk.press(), 'a key that repeats changes nothing');
  talk.release();
  assert.ok(!microphone.isOn());
  talk.release();
  assert.deepEqual(told, [true, false]);
});

test('a microphone that is on stays on', () => {
  const microphone = new Microphone();
  void microphone.setMicrophone(true);
  const { talk, told } = talking(microphone);
  assert.ok(!talk.press());
  talk.release();
  assert.ok(microphone.isOn());
  assert.deepEqual(told, []);
});

test('a person who may not unmute themselves is not heard', () => {
  const microphone = new Microphone();
  const { talk, told } = talking(microphone, false);
  assert.ok(!talk.press());
  assert.ok(!microphone.isOn());
  assert.deepEqual(told, []);
});

test('a host or a click that mutes ends it, and the release changes nothing more', () => {
  const microphone = new Microphone();
  const { talk, told } = talking(microphone);
  talk.press();
  void microphone.setMicrophone(false);
  assert.ok(!talk.held);
  void microphone.setMicrophone(true);
  talk.release();
  assert.ok(microphone.isOn());
  assert.deepEqual(told, [true, false]);
});

test('a device that opens after the release is muted at once', async () => {
  const microphone = new Microphone(false);
  const { talk } = talking(microphone);
  talk.press();
  assert.ok(talk.held);
  talk.release();
  microphone.answer.resolve();
  await new Promise(setImmediate);
  assert.ok(microphone.open && !microphone.isOn());
});

test('a device that does not open is reported', async () => {
  const microphone = new Microphone(false);
  const { talk, told } = talking(microphone);
  const failures = [];
  talk.on('failed', (error) => failures.push(error));
  talk.press();
  microphone.answer.reject('denied');
  await new Promise(setImmediate);
  assert.deepEqual(failures, ['denied']);
  assert.deepEqual(told, [true, false]);
});
