import test from 'ava';
import { Demand } from '../../../../src/store/etcd/readers/demand.ts';

function counted(reads: number, writes: number, ticks = 0): Demand {
  const demand = new Demand();
  for (let i = 0; i < reads; i++) demand.read();
  for (let i = 0; i < writes; i++) demand.written();
  for (let i = 0; i < ticks; i++) demand.tick();
  return demand;
}

test('a lease is wanted for reads that are many, and many more than writes', (t) => {
  t.false(counted(0, 0).isWanted);
  t.false(counted(4, 0).isWanted);
  t.true(counted(10, 0).isWanted);
  t.true(counted(95, 5).isWanted);
  t.false(counted(100, 50).isWanted);
});

test('a lease is kept until reads are fewer than writes, or stop', (t) => {
  t.is(counted(100, 50).surplus, undefined);
  t.is(counted(100, 101).surplus, 'writes');
  t.is(counted(1000, 0, 20).surplus, undefined, 'ten seconds later');
  t.is(counted(1000, 0, 80).surplus, 'idle', 'forty seconds later');
});

test('a lease ends seconds after reads have turned into writes, however many reads there were', (t) => {
  const demand = counted(1_000_000, 0);
  let ticks = 0;
  for (; demand.surplus === undefined && ticks < 100; ticks++) {
    for (let i = 0; i < 75; i++) demand.written();
    demand.tick();
  }
  t.is(demand.surplus, 'writes');
  t.true(ticks <= 8, `${ticks} ticks of half a second`);
});

test('a lease outlives a few writes between many reads', (t) => {
  const demand = counted(1000, 0);
  for (let i = 0; i < 3; i++) demand.written();
  for (let i = 0; i < 20; i++) demand.tick();
  t.is(demand.surplus, undefined, 'ten seconds later');
});
