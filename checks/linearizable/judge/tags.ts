/** Entity tags that clients were given: each stands for one value of its key, and each value has one. */
import type { Operation } from '../history/operation.ts';

/** A tag that says that another request replaced what the write had put before anybody could read it. */
export function isOverwritten(tag: string): boolean {
  return tag.includes('~');
}

/** A value of a register with the entity tag that an answer or an event of a watch gave for it. */
export type Tagged = Pick<Operation, 'register' | 'value' | 'tag'>;

/** The violations, one text for each. */
export function tagViolations(answers: readonly Tagged[]): string[] {
  const found = new Set<string>();
  for (const [register, tagged] of Map.groupBy(answers, (answer) => answer.register)) {
    const values = new Map<string, string | undefined>();
    const tags = new Map<string | undefined, string>();
    for (const { value, tag } of tagged) {
      if (tag === undefined) continue;
      if (tag === '') {
        found.add(`${register}: ${value} came without an entity tag`);
        continue;
      }
      if (values.has(tag) && values.get(tag) !== value) {
        found.add(`${register}: ${tag} was given for ${values.get(tag)} and for ${value}`);
      }
      if (tags.has(value) && tags.get(value) !== tag) {
        found.add(`${register}: ${value} has the entity tags ${tags.get(value)} and ${tag}`);
      }
      values.set(tag, value);
      tags.set(value, tag);
    }
  }
  return [...found];
}
