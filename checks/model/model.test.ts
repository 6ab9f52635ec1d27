/** Reads by lease (docs/adr/0290-reads-by-lease.md) in every interleaving of small scopes, with all rules and without each. */
import test from 'ava';
import { explore } from './explore/explore.ts';
import { mutants, scopeOf } from './mutants.ts';
import { type ScopeName, scopes } from './scopes.ts';
import { protocol } from './world/rules.ts';

/** Bounded by states, not by time: a slow machine finds the same. */
const bounds = { states: 400_000, time: Number.POSITIVE_INFINITY };

const exhausted: readonly ScopeName[] = ['small', 'writes', 'expiry', 'clocks', 'crashes', 'cuts', 'three'];

for (const name of exhausted) {
  test(`scope ${name}: no read is too old, and no write is stuck, in any interleaving`, (t) => {
    const result = explore({ scope: scopes[name], rules: protocol, bounds, mayStall: true });
    t.is(result.fault, undefined, result.fault?.trace.join('\n'));
    t.true(result.isExhausted, `${result.states} states were not all`);
    t.true(result.states > 1000);
  });
}

for (const [name, mutant] of Object.entries(mutants)) {
  test(`${mutant.rule} is needed: ${name}`, (t) => {
    const rules = { ...protocol, ...mutant.rules };
    const { fault, states } = explore({ scope: scopeOf(mutant), rules, bounds, mayStall: mutant.stalls === true });
    t.truthy(fault, `nothing was wrong in ${states} states`);
    t.true((fault?.trace.length ?? 0) > 0);
  });
}
