import { crc32 } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { anyFilter, anyKey } from '../../service/test/support/arbitraries.ts';
import { damagedKey, keyCodec, reversedCodec, startAt } from '../src/data-folder/key-codec.ts';
import { compareKeys, parseKey, reverseKey } from '../src/key.ts';
import { Problem } from '../src/problem.ts';

const wellFormed = fc.oneof(anyKey, anyFilter, fc.string({ unit: 'binary' }));

test('keys are ordered as their UTF-8 bytes are', (t) => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      t.is(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 2000 },
  );
});

test('reversed twice is as before, and a suffix is a prefix of the reversed key', (t) => {
  fc.assert(
    fc.property(wellFormed, wellFormed, (key, suffix) => {
      t.is(reverseKey(reverseKey(key)), key);
      t.true(reverseKey(key).isWellFormed());
      t.true(reverseKey(key + suffix).startsWith(reverseKey(suffix)));
      t.is(reverseKey(key).startsWith(reverseKey(suffix)), key.endsWith(suffix));
    }),
    { numRuns: 2000 },
  );
});

test('a key is stored as its UTF-8 bytes, a NUL and their CRC-32, wherever it is written to', (t) => {
  fc.assert(
    fc.property(wellFormed, fc.nat(40), (text, start) => {
      const key = `k${text.replaceAll('\0', '')}`;
      const sum = Buffer.alloc(5);
      sum.writeUInt32BE(crc32(key), 1);
      const bytes = Buffer.concat([Buffer.from(key), sum]);
      const target = Buffer.alloc(start + bytes.length);
      t.is(keyCodec.writeKey(key, target, start), start + bytes.length);
      t.deepEqual(target.subarray(start), bytes);
      t.is(keyCodec.readKey(target, start, target.length), key);
      t.throws(() => keyCodec.writeKey(key, target, start + 1), { instanceOf: RangeError });
      const beginning = Buffer.alloc(bytes.length);
      t.is(keyCodec.writeKey(startAt(key), beginning, 0), bytes.length - 5);
      t.true(beginning.subarray(0, -5).equals(Buffer.from(key)));
    }),
    { numRuns: 2000 },
  );
});

test('a stored key of which one bit is flipped reads as damaged, in both tables', (t) => {
  for (const key of ['a', 'key-77', 'äöü', '😀', 'x'.repeat(100)]) {
    const target = Buffer.alloc(500);
    for (const [codec, text] of [
      [keyCodec, key],
      [reversedCodec, reverseKey(key)],
    ] as const) {
      const end = codec.writeKey(text, target, 0);
      t.is(codec.readKey(target, 0, end), key);
      for (let bit = 0; bit < end * 8; bit++) {
        const flip = () => target.writeUInt8(target.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        flip();
        t.is(codec.readKey(target, 0, end), damagedKey);
        flip();
      }
    }
  }
});

test('a key has 1 to 1024 bytes of UTF-8 without NUL', (t) => {
  const unit = fc.oneof(
    fc.constantFrom('a', 'é', '€', '😀', '\0', '\ud800', '\udc00'),
    fc.string({ unit: 'binary', maxLength: 1 }),
  );
  const texts = fc.tuple(
    fc.string({ unit, maxLength: 4 }),
    fc.constantFrom(0, 255, 256, 340, 341, 342, 511, 512, 1023, 1024),
    unit,
  );
  fc.assert(
    fc.property(texts, ([start, times, end]) => {
      const key = start.repeat(Math.max(1, Math.floor(times / Math.max(1, start.length)))) + end;
      const bytes = Buffer.byteLength(key);
      const valid = bytes >= 1 && bytes <= 1024 && !key.includes('\0') && key.isWellFormed();
      if (valid) t.is(parseKey(key), key);
      else t.is(t.throws(() => parseKey(key), { instanceOf: Problem })?.code, 'invalid-key');
    }),
    { numRuns: 2000 },
  );
});
