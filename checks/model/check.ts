/**
 * `npm run check:model -- [SCOPE…] [STATES] [SECONDS]`: explores every interleaving of reads by lease (docs/adr/0290) in the
 * named scopes. Without a name it explores all scopes, then walks at random through all subjects at once, and shows that each
 * rule is needed. Bounds of each exploration: 5 million states and 300 seconds. Prints the states, the longest shortest way
 * to one, and the steps to a fault; fails on a fault, and on a rule without which nothing goes wrong.
 */
import { endUsage, type Kind, scriptArguments } from '../../test-support/arguments.ts';
import { explore, type Result } from './explore/explore.ts';
import { walk } from './explore/walk.ts';
import { mutants, scopeOf } from './mutants.ts';
import { everything, type ScopeName, scopes } from './scopes.ts';
import { protocol } from './world/rules.ts';

const scopeNames = Object.keys(scopes) as ScopeName[];
const scopeOrNumber: Kind<ScopeName | number> = {
  allowed: `a number, or one of ${scopeNames.join(', ')}`,
  read: (word) => (/^\d{1,12}$/.test(word) ? Number(word) : scopeNames.find((name) => name === word)),
};
const { rest: given } = scriptArguments({ rest: scopeOrNumber });
const [states = 5_000_000, seconds = 300, ...more] = given.filter((word) => typeof word === 'number');
const named = given.filter((word) => typeof word === 'string');
if (more.length > 0) endUsage(`Numbers are STATES and SECONDS. Not expected: ${more.join(' ')}.`);
const bounds = { states, time: seconds * 1000 };

for (const name of named.length > 0 ? named : scopeNames) {
  const result = explore({ scope: scopes[name], rules: protocol, bounds, mayStall: true });
  print(name, result);
  if (result.fault !== undefined) process.exitCode = 1;
}
if (named.length === 0) {
  const seed = Date.now() % 1_000_000;
  const { taken, fault } = walk({ scope: everything, rules: protocol, seed, walks: 20_000, length: 120 });
  console.log(`random walks, seed ${seed}: ${taken} steps: ${fault?.message ?? 'nothing wrong'}`);
  for (const label of fault?.trace ?? []) console.log(`    ${label}`);
  if (fault !== undefined) process.exitCode = 1;
  for (const mutant of Object.values(mutants)) {
    const rules = { ...protocol, ...mutant.rules };
    const result = explore({ scope: scopeOf(mutant), rules, bounds, mayStall: mutant.stalls === true });
    print(`without ${mutant.rule}: ${mutant.what}`, result);
    if (result.fault === undefined) process.exitCode = 1;
  }
}

function print(name: string, { states: count, depth, isExhausted, fault }: Result): void {
  const extent = isExhausted ? 'all of them' : 'not all of them';
  console.log(`${name}: ${count} states, ${extent}, depth ${depth}: ${fault?.message ?? 'nothing wrong'}`);
  for (const label of fault?.trace ?? []) console.log(`    ${label}`);
}
