import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { isLargeRead, noteLargeRead } from '../../src/flow-control/connection-marks.ts';

const answered = (socket: Socket | null, url: string) => noteLargeRead({ socket, req: { url } } as ServerResponse);

test('a large answer marks its connection, and its target for all connections', (t) => {
  const [one, other] = [new Socket(), new Socket()];
  t.false(isLargeRead(one, '/get/marked'));
  answered(one, '/get/marked');
  t.true(isLargeRead(one, '/get/small'));
  t.true(isLargeRead(other, '/get/marked'));
  t.false(isLargeRead(other, '/get/small'));
});

test('few targets are remembered, the newest ones, and no long one', (t) => {
  const long = `/get/${'x'.repeat(300)}`;
  answered(null, long);
  t.false(isLargeRead(new Socket(), long));
  for (let i = 0; i < 2000; i++) answered(null, `/get/${i}`);
  const left = Array.from({ length: 2000 }, (_, i) => i).filter((i) => isLargeRead(new Socket(), `/get/${i}`));
  t.is(left.length, 1000);
  t.is(left[0], 1000);
});
