/** A log that quotes what users wrote does nothing to the terminal that shows it. */
import test from 'ava';
import { hasActingCharacters } from '../../test-support/acting-characters.ts';
import { createLog } from '../src/log.ts';

test('JSON says the same, without a character that a terminal acts on', (t) => {
  const hostile = 'a\u001b[31m\r\u007f\u009b31m\u202eb\u2066\u2028\u{e0041}';
  const lines: string[] = [];
  createLog('info', { write: (line) => lines.push(line) }).info({ what: hostile, err: new Error(hostile) }, hostile);
  t.false(hasActingCharacters(lines.join('')));
  t.like(JSON.parse(lines.join('')), { what: hostile, msg: hostile, err: { message: hostile } });
});
