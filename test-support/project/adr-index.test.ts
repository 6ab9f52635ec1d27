import { readFileSync } from 'node:fs';
import test from 'ava';
import { adrFolder, adrIndex, parseDecision } from './adr-index.ts';

test('the index of decisions is current: npm run docs', (t) => {
  t.is(readFileSync(new URL('README.md', adrFolder), 'utf8'), adrIndex());
});

test('a decision has a number, a title and a status with a date', (t) => {
  t.deepEqual(
    parseDecision('0007-a.md', '# 0007 Do so\n\nStatus: accepted, 2026-11-29; superseded by\n[0008](b).\n\nText'),
    {
      ...{ number: '0007', title: 'Do so' },
      status: 'accepted, 2026-11-29; superseded by [0008](b)',
    },
  );
  for (const text of [
    '# 0007 Do so\n\nText\n\n',
    '# 7 Do so\n\nStatus: accepted, 2026-11-29.\n\n',
    '# 0007 Do so\n\nStatus: new.\n\n',
  ]) {
    t.throws(() => parseDecision('0007-a.md', text));
  }
  t.throws(() => parseDecision('0008-a.md', '# 0007 Do so\n\nStatus: accepted, 2026-11-29.\n\n'));
});
