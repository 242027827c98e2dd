import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import {
  isCancelledShare, openBoth, openDevice, reasonOf,
} from '../../static/rooms/media/devices.js';
import { settled } from './fakes.js';

const refusal = (name, message = '') => new DOMException(message, name);

test('each refusal has its reason', () => {
  assert.equal(reasonOf(refusal('NotAllowedError', 'Permission denied'), 'denied'), 'blocked');
  assert.equal(reasonOf(refusal('NotAllowedError', 'Permission dismissed'), 'prompt'), 'blocked');
  assert.equal(
    reasonOf(refusal('NotAllowedError', 'Permission denied by system'), 'prompt'),
    'system',
  );
  assert.equal(
    reasonOf(refusal('NotAllowedError', 'by the user agent or the platform'), 'granted'),
    'refused',
  );
  assert.equal(reasonOf(refusal('NotFoundError'), undefined), 'none');
  assert.equal(reasonOf(refusal('NotReadableError'), undefined), 'in_use');
  assert.equal(reasonOf(refusal('AbortError'), undefined), 'in_use');
  assert.equal(reasonOf(refusal('OverconstrainedError'), undefined), 'unsuitable');
  assert.equal(reasonOf(refusal('TimeoutError'), undefined), 'waiting');
  assert.equal(reasonOf(refusal('NotSupportedError'), undefined), 'insecure');
  assert.equal(reasonOf(new TypeError('?'), undefined), 'unknown');
});

test('a cancelled share is no problem, a share that the system refuses is', () => {
  assert.ok(isCancelledShare(refusal('NotAllowedError', 'Permission denied')));
  assert.ok(!isCancelledShare(refusal('NotAllowedError', 'Permission denied by system')));
  assert.ok(!isCancelledShare(refusal('NotReadableError')));
});

let asked;

/** A browser that answers for each kind: an error, or nothing. */
function browser({ audio, video, both = audio ?? video, state = 'granted' }) {
  asked = [];
  const track = (kind) => ({ kind, stop() {} });
  const answer = (wanted) => {
    if (wanted.audio && wanted.video && both) throw both;
    if (wanted.audio && audio) throw audio;
    if (wanted.video && video) throw video;
    const found = [wanted.audio && track('audio'), wanted.video && track('video')].filter(Boolean);
    const of = (kind) => found.filter((one) => one.kind === kind);
    return {
      getTracks: () => found, getAudioTracks: () => of('audio'), getVideoTracks: () => of('video'),
    };
  };
  const mediaDevices = {
    getUserMedia: async (wanted) => {
      asked.push(Object.keys(wanted).sort().join('+'));
      return answer(wanted);
    },
  };
  const permissions = { query: async () => ({ state }) };
  Object.defineProperty(
    globalThis,
    'navigator',
    { value: { mediaDevices, permissions }, configurable: true },
  );
}

const both = () => openBoth({ camera: '', microphone: '' }, 'auto');

for (const [refused, kept] of [['video', 'microphone'], ['audio', 'camera']]) {
  const names = [
    'NotAllowedError', 'NotFoundError', 'NotReadableError', 'OverconstrainedError',
  ];
  for (const name of names) {
    test(`${refused} with ${name} leaves the ${kept}`, async () => {
      browser({ [refused]: refusal(name) });
      const { errors, ...tracks } = await both();
      assert.ok(tracks[kept]);
      assert.deepEqual(
        errors.map(({ source }) => source),
        [refused === 'video' ? 'camera' : 'microphone'],
      );
    });
  }
}

test('each device has its own reason', async () => {
  browser({
    audio: refusal('NotFoundError'),
    video: refusal('NotAllowedError', 'Permission denied by system'),
  });
  const { errors } = await both();
  assert.deepEqual(
    errors.map(({ source, reason }) => [source, reason]),
    [['microphone', 'none'], ['camera', 'system']],
  );
});

test('a question that was closed is not repeated for each device', async () => {
  const closed = refusal('NotAllowedError', 'Permission dismissed');
  browser({ audio: closed, video: closed, state: 'prompt' });
  const { errors } = await both();
  assert.deepEqual(asked, ['audio+video']);
  assert.deepEqual(errors.map(({ reason }) => reason), ['blocked', 'blocked']);
});

test('a page without https says so', async () => {
  Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  const { errors } = await both();
  assert.deepEqual(errors.map(({ reason }) => reason), ['insecure', 'insecure']);
});

test('a remembered device is requested exactly, and replaced if it is gone', async () => {
  browser({ video: refusal('OverconstrainedError') });
  const { getUserMedia } = navigator.mediaDevices;
  const wanted = [];
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    wanted.push(constraints.video.deviceId);
    return wanted.length > 1 ? { getTracks: () => ['another'] } : getUserMedia(constraints);
  };
  assert.equal(await openDevice('camera', 'old', 'auto'), 'another');
  assert.deepEqual(wanted, [{ exact: 'old' }, undefined]);
});

beforeEach(() => mock.timers.reset());

test('a device that does not start in time is given up, and stopped if it opens', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let stopped = 0;
  let come = () => {};
  const stream = { getTracks: () => [{ stop: () => (stopped += 1) }] };
  browser({});
  navigator.mediaDevices.getUserMedia = () => new Promise(
    (resolve) => (come = () => resolve(stream)),
  );
  const opening = openDevice('camera', '', 'auto');
  await settled();
  mock.timers.tick(15_000);
  await assert.rejects(opening, { reason: 'waiting', source: 'camera' });
  come();
  await settled();
  assert.equal(stopped, 1);
});
