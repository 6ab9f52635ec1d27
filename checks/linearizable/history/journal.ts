/** The history that a recorder writes, and what contradicts itself at once. */
import type { Answer } from '../clients/call.ts';
import { isOverwritten } from '../judge/tags.ts';
import type { Operation } from './operation.ts';
import { type Known, know, nothingOf, type Register } from './register.ts';
import { absent, gone, labelOfAll } from './registers.ts';

export type WriteCondition = Known | 'absent' | undefined;

export interface Wrote {
  readonly client: number;
  readonly register: Register;
  readonly value: string;
  readonly condition: WriteCondition;
  readonly start: number;
  readonly end: number;
  readonly tag: string | undefined;
}

export interface Looked {
  readonly client: number;
  readonly register: Register;
  readonly start: number;
  readonly end: number;
}

export class Journal {
  readonly history: Operation[] = [];
  /** What no order of operations is needed for to be wrong. */
  readonly violations: string[] = [];

  /** A read was answered, with If-None-Match if a known value is given. */
  saw({ client, register, start, end }: Looked, { values, tag, unmodified }: Answer, noneMatch?: Known): void {
    const read = { client, kind: 'read', register: register.name, start, end } as const;
    if (unmodified) {
      this.history.push({ ...read, value: noneMatch?.value, ...(tag === undefined ? {} : { tag }) });
      return;
    }
    if (values === undefined) throw new Error('A read was answered with neither values nor an error');
    const seen = labelOfAll(values) ?? nothingOf(register, start);
    if (tag !== undefined && tag === noneMatch?.tag) {
      this.violations.push(`${register.name}: If-None-Match ${tag} was answered with ${seen} and that tag`);
    }
    const tagged = seen !== undefined && seen !== gone && seen !== absent ? tag : undefined;
    if (tagged !== undefined && seen !== undefined) know(register, { value: seen, tag: tagged, shared: false });
    this.history.push({ ...read, value: seen, ...(tagged === undefined ? {} : { tag: tagged }) });
  }

  /** A condition did not hold. */
  refused(client: number, register: Register, condition: WriteCondition, start: number): void {
    const { name } = register;
    if (condition === undefined) {
      this.violations.push(`${name}: a write without a condition was refused`);
      return;
    }
    // A part of what it wrote may stand: the API takes the tag for no key's all the same.
    if (condition !== 'absent' && condition.shared && isOverwritten(condition.tag)) return;
    const value = condition === 'absent' ? absent : condition.value;
    this.history.push({ client, kind: 'refused', register: name, value, start, end: performance.now() });
  }

  /** `shared`: with other registers, in one request. */
  wrote(write: Wrote, shared: boolean): void {
    const { client, register, value, condition, start, end, tag } = write;
    // What is not known to have happened may happen later, after a deletion that was not begun yet.
    const nothing = end === Number.POSITIVE_INFINITY ? absent : nothingOf(register, start);
    const before = condition === 'absent' ? nothing : condition?.value;
    this.history.push({
      ...{ client, kind: 'write', register: register.name, value, start, end },
      ...(condition === undefined ? {} : { replaces: { value: before } }),
      ...(tag === undefined || shared ? {} : { tag }),
    });
    if (end === Number.POSITIVE_INFINITY) {
      register.unknown++;
      return;
    }
    if (value !== gone) register.written ??= end;
    if (tag !== undefined && tag !== '') know(register, { value, tag, shared });
  }
}
