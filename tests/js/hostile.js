// Data that no honest page sends, from a seed.

/** Numbers from 0 to 1, the same for each seed (mulberry32). */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const angry = () => {
  throw new Error('do not touch');
};

/** A proxy on which nothing can be done. */
const untouchable = () =>
  new Proxy({}, Object.fromEntries(Reflect.ownKeys(Reflect).map((trap) => [trap, angry])));

function circle() {
  const ring = { confcall: 1, type: 'size' };
  ring.height = ring;
  return ring;
}

const VALUES = [
  undefined, null, true, false, 0, 1, -1, 0.5, NaN, Infinity, 1e300, 2n, Symbol('s'), '', '1',
  'mute', 'x'.repeat(1_000_000), [], {}, [[]], new Map(), new Date(0), new Error('e'), angry,
  new Uint8Array(4), /x/, Object.create(null),
];

const TYPES = [
  'hello', 'mute', 'leave', 'focus', 'ready', 'size', 'joined', 'left', 'people', 'muted', 'hand',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'MUTE', 'mute ', 'unmute',
];
const FIELDS = ['height', 'count', 'names', 'microphone', 'camera', 'raised', 'muted', 'extra'];

/** One message that is malformed in some way, or an honest one with strange fields. */
export function hostile(next) {
  const pick = (list) => list[Math.floor(next() * list.length)];
  const roll = next();
  if (roll < 0.1) return pick(VALUES);
  if (roll < 0.15) return pick([untouchable, circle])();
  const message = next() < 0.1 ? Object.create({ confcall: 1, type: pick(TYPES) }) : {};
  if (next() < 0.9) message.confcall = next() < 0.7 ? 1 : pick(VALUES);
  if (next() < 0.95) message.type = next() < 0.85 ? pick(TYPES) : pick(VALUES);
  for (const field of FIELDS) {
    if (next() < 0.25) message[field] = next() < 0.9 ? pick(VALUES) : untouchable();
  }
  if (next() < 0.1) Object.defineProperty(message, pick(FIELDS), { get: angry, enumerable: true });
  if (next() < 0.1) return JSON.parse('{"__proto__": {"confcall": 1, "type": "mute"}}');
  return message;
}
