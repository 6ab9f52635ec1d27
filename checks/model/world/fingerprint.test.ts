import test from 'ava';
import { scopes } from '../scopes.ts';
import { fingerprint } from './fingerprint.ts';
import { protocol } from './rules.ts';
import { steps } from './steps.ts';
import { firstWorld, type World } from './world.ts';

const scope = { ...scopes.cuts, replicas: 3 };
const print = (world: World) => fingerprint(world, scope);

function after(world: World, ...labels: readonly string[]): World {
  return labels.reduce((at, label) => {
    const step = steps(at, scope, protocol).find((next) => next.label() === label);
    if (step === undefined) throw new Error(`No step: ${label}`);
    return step.world;
  }, world);
}

test('worlds that differ in which replica is which have one fingerprint, their cut connections included', (t) => {
  const first = firstWorld(scope);
  const one = after(first, 'r0 asks for a lease L1', 'r0 and r1 are cut off from each other');
  const other = after(first, 'r2 asks for a lease L1', 'r0 and r2 are cut off from each other');
  const third = after(first, 'r2 asks for a lease L1', 'r0 and r1 are cut off from each other');
  t.deepEqual(print(one), print(other));
  t.notDeepEqual(print(one), print(third), 'here the replica with the lease reaches both others');
});

test('each step of a replica, and a tick that ages its lease, changes the fingerprint', (t) => {
  let world = after(firstWorld(scope), 'r0 asks for a lease L1', 'etcd takes the key L1 of r0 at 1');
  const labels = ['r0 receives 1 (join L1)', 'a tick', 'r0 sends a check of L1', 'etcd confirms the lease L1 of r0'];
  for (const label of labels) {
    const next = after(world, label);
    t.notDeepEqual(print(next), print(world), label);
    world = next;
  }
});
