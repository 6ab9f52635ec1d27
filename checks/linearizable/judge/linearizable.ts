/** What clients did and saw, and whether one order of it explains everything (linearizability). */
import type { Operation } from '../history/operation.ts';
import { absent } from '../history/registers.ts';
import { type Chain, chainsOf, type Standing } from './chains.ts';
import { unexplained } from './refusals.ts';

/**
 * The violations of a history, one text for each; none: it is linearizable. For registers whose written values are all
 * different (Gibbons and Korach, "Testing shared memories", 1997): the operations on a value form a zone from the first
 * end to the last start; forward zones must not overlap, and hold no backward zone. Values that replaced each other on
 * a condition follow each other directly, so they share a zone. Every violation is one. All are found, except some
 * where several refusals contradict each other, which Porcupine finds.
 */
export function violations(history: readonly Operation[]): string[] {
  const registers = Map.groupBy(history, ({ register }) => register);
  return [...registers].flatMap(([register, operations]) =>
    violationsOf(operations).map((violation) => `${register}: ${violation}`),
  );
}

function violationsOf(operations: readonly Operation[]): string[] {
  const found = replacedTwice(operations);
  // Which nothing these saw is not known; Porcupine, for which there is only one, judges them.
  const known = operations.filter(({ value }) => value !== absent);
  const { chains, violations } = chainsOf(known);
  found.push(...violations, ...byTurns(chains));
  const standing = new Map<string | undefined, Standing>();
  for (const chain of chains) for (const one of chain.values) standing.set(one.value, one);
  return [...found, ...unexplained(operations, standing)];
}

function byTurns(chains: readonly Chain[]): string[] {
  const found: string[] = [];
  // A chain is there from its first end until its last start, or else at one moment between them.
  const isForward = ({ firstEnd, lastStart }: Chain) => firstEnd < lastStart;
  const forward = chains.filter(isForward).sort((a, b) => a.firstEnd - b.firstEnd);
  forward.forEach((chain, i) => {
    const next = forward[i + 1];
    if (next !== undefined && next.firstEnd < chain.lastStart) {
      found.push(`${chain.name} and ${next.name} were there by turns`);
    }
  });
  for (const { name, firstEnd, lastStart } of chains.filter((chain) => !isForward(chain))) {
    const around = forward.find((chain) => chain.firstEnd < lastStart && firstEnd < chain.lastStart);
    if (around !== undefined) found.push(`${name} came and went while ${around.name} was there`);
  }
  return found;
}

/** A value is there once, so only one write can have replaced it. */
function replacedTwice(operations: readonly Operation[]): string[] {
  const replacing = operations.filter(
    ({ replaces, end }) => replaces !== undefined && replaces.value !== absent && end !== Number.POSITIVE_INFINITY,
  );
  return [...Map.groupBy(replacing, ({ replaces }) => replaces?.value)]
    .filter(([, group]) => group.length > 1)
    .map(([value, group]) => `${value} was replaced by ${group.map((each) => each.value).join(' and by ')}`);
}
