/** Reads by lease (docs/adr/0290-reads-by-lease.md) in every interleaving of small scopes, with all rules and without each. */
import test from 'ava';
import { explore } from './explore/explore.ts';
import { walk } from './explore/walk.ts';
import { mutants, scopeOf, withoutNotices } from './mutants.ts';
import { everything, type ScopeName, scopes } from './scopes.ts';
import { protocol } from './world/rules.ts';

/** Bounded by states, not by time: a slow machine finds the same. */
const bounds = { states: 400_000, time: Number.POSITIVE_INFINITY };

const exhausted: readonly ScopeName[] = [
  'small',
  'writes',
  'expiry',
  'clocks',
  'crashes',
  'cuts',
  'lateKeys',
  'restoredLease',
  'three',
];

for (const name of exhausted) {
  test(`scope ${name}: no read is too old, and no write is stuck, in any interleaving`, (t) => {
    const result = explore({ scope: scopes[name], rules: protocol, bounds, mayStall: true });
    t.is(result.fault, undefined, result.fault?.trace.join('\n'));
    t.true(result.isExhausted, `${result.states} states were not all`);
    t.true(result.states > 1000);
    t.log(`${result.states} states, depth ${result.depth}`);
  });
}

test('a key that comes after its replica gave it up stalls no write: no notice is needed', (t) => {
  const rules = { ...protocol, ...withoutNotices };
  const { fault, isExhausted } = explore({ scope: scopes.lateKeys, rules, bounds, mayStall: true });
  t.is(fault, undefined, fault?.trace.join('\n'));
  t.true(isExhausted);
});

for (const [name, mutant] of Object.entries(mutants)) {
  test(`${mutant.rule} is needed: ${name}`, (t) => {
    const rules = { ...protocol, ...mutant.rules };
    const { fault, states } = explore({ scope: scopeOf(mutant), rules, bounds, mayStall: mutant.stalls === true });
    t.truthy(fault, `nothing was wrong in ${states} states`);
    t.true((fault?.trace.length ?? 0) > 0);
  });
}

test('random walks through all subjects at once find nothing wrong, and find a rule that is left out', (t) => {
  const walks = { scope: everything, seed: 1, walks: 400, length: 120 };
  const { fault, taken } = walk({ ...walks, rules: protocol });
  t.is(fault, undefined, fault?.trace.join('\n'));
  t.true(taken > 10_000);
  t.truthy(walk({ ...walks, rules: { ...protocol, ...mutants['one id for two leases']?.rules } }).fault);
});
