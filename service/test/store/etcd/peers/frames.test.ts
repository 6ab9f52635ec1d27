import test from 'ava';
import fc from 'fast-check';
import {
  aliveFrame,
  type Frame,
  FrameReader,
  frameLimit,
  helloFrame,
  PeerProtocolError,
  receivedFrame,
} from '../../../../src/store/etcd/peers/frames.ts';

const hello = { timeline: '0123abcd', id: 'f'.repeat(32), received: 2 ** 40 + 1 };
const stream = Buffer.concat([helloFrame(hello), receivedFrame(7), aliveFrame, receivedFrame(Number.MAX_SAFE_INTEGER)]);
const frames: Frame[] = [
  { type: 'hello', ...hello },
  { type: 'received', received: 7 },
  { type: 'alive' },
  { type: 'received', received: Number.MAX_SAFE_INTEGER },
];

/** What a reader of frames makes of the bytes, cut at these places. */
function readCut(bytes: Buffer, cuts: readonly number[]): Frame[] {
  const reader = new FrameReader();
  const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
  let start = 0;
  return ends.flatMap((end) => {
    const chunk = bytes.subarray(start, end);
    start = end;
    return reader.read(chunk);
  });
}

test('frames are read as they were written, wherever the stream is cut', (t) => {
  fc.assert(
    fc.property(fc.array(fc.nat(stream.length)), (cuts) => {
      t.deepEqual(readCut(stream, cuts), frames);
    }),
  );
});

test('garbage is read as frames or ends in a PeerProtocolError, never in another one', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      try {
        new FrameReader().read(Buffer.from(bytes));
      } catch (error) {
        t.true(error instanceof PeerProtocolError, String(error));
      }
      t.pass();
    }),
  );
});

for (const [what, bytes] of [
  ['a frame of 257 bytes, before the body is there', Buffer.from([0, 255, 1])],
  ['a frame without a type', Buffer.from([0, 0])],
  ['an unknown type', Buffer.from([0, 1, 9])],
  ['a report that is too short', Buffer.from([0, 5, 2, 0, 0, 0, 1])],
  ['a body behind a sign of life', Buffer.from([0, 2, 3, 0])],
  ['a revision beyond what etcd counts', Buffer.from([0, 9, 2, 255, 0, 0, 0, 0, 0, 0, 1])],
  ['a hello of another protocol', Buffer.from([0, 2, 1, 2])],
  ['a hello without a body', Buffer.from([0, 1, 1])],
  ['a hello whose names are cut off', Buffer.from([0, 11, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 4])],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.throws(() => new FrameReader().read(bytes), { instanceOf: PeerProtocolError });
  });
}

test('a frame has at most 256 bytes, and one of 256 is read', (t) => {
  t.is(frameLimit, 256);
  const around = helloFrame({ ...hello, id: '' }).length;
  const longest = { ...hello, id: 'x'.repeat(256 - around) };
  t.is(helloFrame(longest).length, 256);
  t.deepEqual(new FrameReader().read(helloFrame(longest)), [{ type: 'hello', ...longest }]);
});

test('names that are too long for a frame are refused where they are written', (t) => {
  t.throws(() => helloFrame({ ...hello, id: 'x'.repeat(250) }), { instanceOf: RangeError });
  t.throws(() => helloFrame({ ...hello, id: 'x'.repeat(256) }), { instanceOf: RangeError });
});
