import { Writable } from 'node:stream';
import test from 'ava';
import { startProgress } from '../src/progress.ts';

/** What a terminal of so many columns, or a pipe, is sent for a bar that is half done. */
function shown(columns: number | undefined): string {
  let sent = '';
  const stream = new Writable({
    write(piece, _, done) {
      sent += piece;
      done();
    },
  });
  const terminal = columns === undefined ? stream : Object.assign(stream, { isTTY: true, columns });
  const bar = startProgress(terminal, 1000);
  bar.update(500, 1234);
  bar.stop();
  return sent;
}

test('a terminal of 20 columns shows how far it is, a wide one a bar beside it', (t) => {
  t.regex(shown(20), /(^|[^=-] ?)50% \| 1,234 pairs/);
  t.notRegex(shown(20), /[=-]{3}/);
  t.regex(shown(60), /[=-]{10,30} 50% \| 1,234 pairs, /);
  t.regex(shown(200), /={20}-{20} 50% \| 1,234 pairs, /);
});

test('a pipe is sent nothing', (t) => {
  t.is(shown(undefined), '');
});
