import assert from 'node:assert/strict';
import { test } from 'node:test';
import { choose, find, firstOf, tooDear, useCodec } from '../../static/rooms/media/codec_choice.js';

/** As Chromium 156 lists them after negotiation. */
const NEGOTIATED = [
  { mimeType: 'video/VP8' },
  { mimeType: 'video/rtx', sdpFmtpLine: 'apt=96' },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f',
  },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f',
  },
  {
    mimeType: 'video/H264',
    sdpFmtpLine: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
  },
  { mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=1;tier=0' },
  { mimeType: 'video/AV1', sdpFmtpLine: 'level-idx=5;profile=0;tier=0' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=2' },
  { mimeType: 'video/VP9', sdpFmtpLine: 'profile-id=0' },
];
const ALL = ['VP8', 'H264', 'VP9', 'AV1'];
const FULL_HD_30 = 1920 * 1080 * 30;
const software = { supported: true, smooth: true, powerEfficient: false };
const hardware = { ...software, powerEfficient: true };
const every = (ability) => new Map(ALL.map((name) => [name, ability]));

const situation = (more = {}) => ({
  common: ALL,
  negotiated: NEGOTIATED,
  abilities: every(software),
  cores: 4,
  mobile: false,
  pixelRate: FULL_HD_30,
  givenUp: new Set(),
  ...more,
});
const motion = (more) => choose('camera', 'motion', situation(more)).name;

test('the number of processors decides among software encoders', () => {
  const by = [1, 2, 3, 4, 7, 8, 64].map((cores) => motion({ cores }));
  assert.deepEqual(by, ['VP8', 'VP8', 'VP8', 'VP9', 'VP9', 'AV1', 'AV1']);
});

test('twice the pixels need twice the processors, but few pixels need no fewer', () => {
  assert.equal(motion({ cores: 8, pixelRate: 2 * FULL_HD_30 }), 'VP9');
  assert.equal(motion({ cores: 4, pixelRate: 2 * FULL_HD_30 }), 'VP8');
  assert.equal(motion({ cores: 16, pixelRate: 2 * FULL_HD_30 }), 'AV1');
  assert.equal(motion({ cores: 3, pixelRate: 640 * 360 * 20 }), 'VP8');
});

test('a hardware encoder goes before all software, and the best of several first', () => {
  const abilities = every(software).set('H264', hardware);
  assert.deepEqual(
    choose('screen', 'motion', situation({ abilities, cores: 64 })),
    { name: 'H264', hardware: true },
  );
  assert.equal(motion({ abilities: new Map(abilities).set('AV1', hardware), cores: 1 }), 'AV1');
  assert.equal(
    motion({ abilities: new Map(abilities).set('H264', { ...hardware, smooth: false }), cores: 4 }),
    'VP9',
  );
});

test('a codec must be negotiated, supported, and decoded by all others', () => {
  const cores = 64;
  assert.equal(motion({ cores, common: ['VP8', 'H264', 'VP9'] }), 'VP9');
  assert.equal(motion({ cores, common: ['VP8', 'H264'] }), 'VP8');
  assert.equal(motion({ cores, common: ['H264'] }), 'H264');
  assert.equal(
    motion({ cores: 1, common: ['AV1', 'VP9'] }),
    'VP9',
    'the cheapest that all decode, affordable or not',
  );
  assert.equal(motion({ cores, negotiated: NEGOTIATED.slice(0, 6) }), 'VP8');
  assert.equal(
    motion({ cores, abilities: every(software).set('AV1', { ...software, supported: false }) }),
    'VP9',
  );
  assert.equal(motion({ cores, abilities: every(hardware), common: ['VP8'] }), 'VP8');
});

test('nothing changes while no common codec is known', () => {
  assert.equal(motion({ common: null, cores: 64 }), '');
  assert.equal(motion({ common: [], cores: 64 }), '');
  assert.equal(
    motion({ negotiated: [], cores: 64 }),
    '',
    'a browser that does not list what was negotiated',
  );
});

test('a browser that says nothing about its encoders counts as one without hardware', () => {
  assert.equal(motion({ abilities: new Map(), cores: 8 }), 'AV1');
  assert.equal(motion({ abilities: new Map(), cores: 2 }), 'VP8');
});

test('a codec that was not smooth is not chosen in software, and a phone uses no software', () => {
  assert.equal(
    motion({ abilities: every(software).set('AV1', { ...software, smooth: false }), cores: 64 }),
    'VP9',
  );
  assert.equal(motion({ mobile: true, cores: 8 }), 'VP8');
  assert.equal(
    motion({ mobile: true, cores: 8, abilities: every(software).set('H264', hardware) }),
    'H264',
  );
});

test('only Motion, and a screen in Detail, change the codec', () => {
  const best = situation({ cores: 64, abilities: every(hardware) });
  assert.equal(choose('camera', 'auto', best).name, '');
  assert.equal(choose('screen', 'auto', best).name, '');
  assert.equal(choose('camera', 'detail', best).name, '');
  assert.deepEqual(choose('screen', 'detail', best), { name: 'AV1', hardware: true });
  assert.equal(choose('screen', 'detail', situation({ cores: 4 })).name, 'VP9');
  assert.equal(choose('screen', 'detail', situation({ cores: 2 })).name, '');
  assert.equal(
    choose(
      'screen',
      'detail',
      situation({ cores: 2, abilities: every(software).set('H264', hardware) }),
    ).name,
    '',
  );
  assert.equal(
    choose('screen', 'detail', situation({ cores: 64, common: ['H264', 'VP8'] })).name,
    '',
  );
});

test('a computer at its limit goes down step by step and stays there', () => {
  const givenUp = new Set();
  const steps = [];
  for (let choice = choose('camera', 'motion', situation({ cores: 64, givenUp })); ; ) {
    steps.push(choice.name);
    const dear = tooDear(choice);
    if (!dear.length) break;
    for (const name of dear) givenUp.add(name);
    choice = choose('camera', 'motion', situation({ cores: 64, givenUp }));
  }
  assert.deepEqual(steps, ['AV1', 'VP9', 'VP8']);
  assert.deepEqual(
    tooDear({ name: 'VP9', hardware: false }),
    ['AV1', 'VP9'],
    'nor up to one that costs more',
  );
  assert.deepEqual(
    tooDear({ name: 'AV1', hardware: true }),
    [],
    'no software is cheaper than hardware',
  );
  assert.deepEqual(tooDear({ name: '', hardware: false }), []);
});

test('a name means the profile that all decoders have', () => {
  const lines = ALL.map((name) => find(NEGOTIATED, name)?.sdpFmtpLine);
  assert.deepEqual(
    lines,
    [undefined, NEGOTIATED[4].sdpFmtpLine, 'profile-id=0', NEGOTIATED[6].sdpFmtpLine],
  );
  assert.equal(find([{ mimeType: 'video/VP9' }], 'VP9')?.mimeType, 'video/VP9');
  assert.equal(find([NEGOTIATED[3], NEGOTIATED[5], NEGOTIATED[7]], 'H264'), undefined);
  assert.equal(find([NEGOTIATED[5]], 'AV1'), undefined);
});

test('all layers change together, and back to the first negotiated codec', () => {
  const parameters = {
    codecs: NEGOTIATED, encodings: [{ rid: 'q', active: false }, { rid: 'h' }, { rid: 'f' }],
  };
  const first = firstOf(parameters.codecs);
  assert.deepEqual(
    useCodec(parameters, 'VP9', first).encodings.map(({ codec }) => codec.sdpFmtpLine),
    Array(3).fill('profile-id=0'),
  );
  // As Chromium 156 lists them then.
  parameters.codecs = [NEGOTIATED.at(-1), ...NEGOTIATED.slice(0, -1)];
  assert.deepEqual(
    useCodec(parameters, '', first).encodings.map(({ codec }) => codec.mimeType),
    Array(3).fill('video/VP8'),
  );
  assert.equal(firstOf(NEGOTIATED.slice(1)), 'H264');
  assert.equal(firstOf([]), '');
});

test('if no codec was ever chosen, none is named', () => {
  const encodings = [{ rid: 'q', active: false }, { rid: 'h' }];
  assert.deepEqual(
    useCodec(
      { codecs: NEGOTIATED, encodings: encodings.map((each) => ({ ...each })) },
      '',
      'VP8',
    ).encodings,
    encodings,
  );
  assert.deepEqual(
    useCodec({ encodings: [{}] }, 'VP9', '').encodings,
    [{}],
    'a browser that does not list what was negotiated',
  );
});
