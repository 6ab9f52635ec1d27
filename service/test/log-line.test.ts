/** A log that holds what others wrote does nothing to the terminal that shows it. */
import { PassThrough } from 'node:stream';
import { safeLine } from '@kvstore/core/acting-characters.ts';
import test from 'ava';
import pino from 'pino';
import pretty from 'pino-pretty';
import { hasActingCharacters } from '../../test-support/acting-characters.ts';
import { shownLine } from '../src/log-line.ts';

const hostile = 'a\u001b[31m\r\u0008\u007f\u009b31m\u202eb\u2066\u2028\u{e0041}\\u001b"\\';
function logged(streamWrite: (line: string) => string, prettily: boolean): string {
  const out = new PassThrough();
  const stream = prettily ? pretty({ sync: true, colorize: false, destination: out }) : out;
  pino({ hooks: { streamWrite } }, stream).info({ what: hostile, err: new Error(hostile) }, hostile);
  return String(out.read() ?? '');
}

test('JSON says the same, and has no such character', (t) => {
  const line = logged(safeLine, false);
  t.false(hasActingCharacters(line));
  t.like(JSON.parse(line), { what: hostile, msg: hostile, err: { message: hostile } });
});

test('a readable log shows them as escapes', (t) => {
  const shown = logged(shownLine, true);
  t.false(hasActingCharacters(shown));
  t.regex(shown, /a\\u001b\[31m\\r\\b\\u007f\\u009b31m\\u202eb/);
});
