import test from 'ava';
import { isWithin, parseWindow } from '../../src/upgrade/window.ts';

const at = (time: string) => new Date(`2026-11-29T${time}Z`);

test('hours of one day, or over midnight', (t) => {
  const night = parseWindow('22:00-04:30');
  const day = parseWindow('09:00-17:00');
  if (night === undefined || day === undefined) return t.fail('not parsed');
  for (const time of ['22:00:00', '23:59:59', '00:00:00', '04:29:59']) t.true(isWithin(night, at(time)), time);
  for (const time of ['21:59:59', '04:30:00', '12:00:00']) t.false(isWithin(night, at(time)), time);
  t.true(isWithin(day, at('09:00:00')));
  t.false(isWithin(day, at('17:00:00')));
});

test('anything else is no window', (t) => {
  for (const text of ['', '22-4', '24:00-04:00', '22:00-22:00', '22:60-04:00', ' 22:00-04:00', 'Mon 22:00-04:00']) {
    t.is(parseWindow(text), undefined, text);
  }
});
