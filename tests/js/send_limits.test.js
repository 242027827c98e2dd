import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

import { Limit, SendLimits } from '../../static/rooms/media/send_limits.js';
import { settled } from './fakes.js';

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval'] });
});

/** A report of a camera, as `getStats` gives it. */
const report = (qualityLimitationReason) =>
  new Map([
    ['layer', { type: 'outbound-rtp', rid: 'q', frameWidth: 320, qualityLimitationReason }],
    ['path', PATH],
  ]);
const PATH = {
  type: 'candidate-pair',
  nominated: true,
  state: 'succeeded',
  availableOutgoingBitrate: 900_000,
};

/** Limits of a camera that is on; `seen` says what they asked for. */
function watching({ codecs = 0 } = {}) {
  const seen = { reason: 'none', on: true, read: 0, relieved: 0, looks: 0 };
  const pictures = {
    isOn: (picture) => picture === 'camera' && seen.on,
    statistics: async () => ((seen.read += 1), report(seen.reason)),
    relieve: async () => (seen.relieved += 1) <= codecs,
  };
  const limits = new SendLimits(pictures, () => (seen.looks += 1));
  const look = async (times) => {
    for (let i = 0; i < times; i += 1) await limits.look();
    return limits.of('camera').reason;
  };
  return { limits, seen, look };
}

test('a reason is shown when it stays, and goes when it is over', () => {
  const limit = new Limit();
  const times = (count, reason) => Array(count).fill(reason);
  const readings = [...times(4, 'cpu'), 'none', ...times(5, 'cpu'), ...times(5, 'none')];
  const shown = readings.map((reason) => limit.add(reason));
  assert.deepEqual(shown, [...times(9, 'none'), ...times(5, 'cpu'), 'none']);
});

test('a computer at its limit gets the next cheaper codec before its person is told', async () => {
  const { seen, look } = watching({ codecs: 1 });
  seen.reason = 'cpu';
  assert.equal(await look(4), 'none');
  assert.equal(seen.relieved, 0, 'it may be over in a moment');
  assert.equal(await look(1), 'none');
  assert.equal(seen.relieved, 1);
  assert.equal(await look(4), 'none', 'the cheaper codec has its chance');
  assert.equal(await look(1), 'cpu', 'there is no other one');
  assert.equal(seen.relieved, 2);
});

test('nothing is shown while the cheaper codec is being set', async () => {
  const { limits, seen, look } = watching();
  seen.reason = 'cpu';
  await look(4);
  let set;
  limits._pictures.relieve = () => new Promise((done) => (set = done));
  const looking = limits.look();
  await settled();
  assert.equal(limits.of('camera').reason, 'none');
  set(true);
  await looking;
  assert.equal(limits.of('camera').reason, 'none');
});

test('a network at its limit is told with what it carries, and costs no codec', async () => {
  const { limits, seen, look } = watching({ codecs: 1 });
  seen.reason = 'bandwidth';
  await look(5);
  assert.deepEqual(limits.of('camera'), { reason: 'bandwidth', upload: 900_000 });
  assert.deepEqual(limits.of('screen'), { reason: 'none', upload: null });
  assert.equal(seen.relieved, 0);
});

test('a picture that is off is not read, and nothing limits it', async () => {
  const { seen, look } = watching();
  seen.reason = 'cpu';
  await look(5);
  const { read } = seen;
  seen.on = false;
  assert.equal(await look(5), 'none');
  assert.equal(seen.read, read);
});

test('it looks every two seconds until it is stopped', async () => {
  const { limits, seen } = watching();
  limits.start();
  for (let i = 0; i < 3; i += 1) {
    mock.timers.tick(2000);
    await settled();
  }
  limits.stop();
  mock.timers.tick(10_000);
  await settled();
  assert.equal(seen.looks, 3);
});
