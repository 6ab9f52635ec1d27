import test from 'ava';
import fc from 'fast-check';
import { GatheredBytes } from '../../../src/requests/body/gathered-bytes.ts';

test('pieces of any size come out as they came in, and take as much memory as was said', (t) => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 10_000 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const gathered = new GatheredBytes();
      const pieces = lengths.map((length, i) => Buffer.alloc(length, `${i}.`));
      let memory = 0;
      for (const piece of pieces) {
        memory += gathered.growth(piece);
        gathered.add(piece);
      }
      const all = Buffer.concat(pieces);
      t.is(gathered.length, all.length);
      t.true(memory >= all.length && memory <= 2 * all.length + 70_000, `${memory} for ${all.length}`);
      t.true(gathered.bytes().equals(all));
      gathered.clear();
      t.is(gathered.bytes().length, 0);
    }),
  );
});

test('a mebibyte in pieces of one byte takes little more than that', (t) => {
  const gathered = new GatheredBytes();
  const piece = Buffer.from('x');
  let memory = 0;
  for (let i = 0; i < 1024 ** 2; i++) {
    memory += gathered.growth(piece);
    gathered.add(piece);
  }
  t.is(gathered.bytes().length, 1024 ** 2);
  t.true(memory < 1.2 * 1024 ** 2, `${memory}`);
});
