import test from 'ava';
import { LeaseClock } from '../../../../src/store/etcd/readers/lease-clock.ts';

test('as much time has passed as either clock says, since the last check was sent, and never less than before', (t) => {
  let [now, wall] = [0, 1_000_000];
  const clock = new LeaseClock({ now: () => now, wall: () => wall });
  const at = (addedNow: number, addedWall: number) => {
    now += addedNow;
    wall += addedWall;
    return clock.now();
  };
  t.is(at(100, 100), 100);
  t.is(at(100, 0), 200, 'the wall clock stands still');
  t.is(at(0, 5000), 5100, 'the machine was suspended');
  t.is(at(100, -9000), 5100, 'the wall clock is put back');
  t.is(clock.mark(), 5100);
  t.is(at(100, 0), 5200, 'from the check on both count anew');
  t.is(at(0, 300), 5400, 'what one of them has counted the other one does not add');
});
