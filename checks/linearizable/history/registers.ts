/** Registers of the workload: the keys they are made of, and the values that are written to them. */

const groupSize = 3;

/** What a register holds after its deletion; no JSON text. */
export const gone = '(deleted)';

/** Nothing, where it is not known whether the register was not written yet or was deleted already; no JSON text. */
export const absent = '(absent)';

/** Every 32nd value is that much longer, so that a store needs space: a text that ends in as many dots. */
const padding = 6000;

/** The keys of a register: its own, or those of a group. */
export function keysOf(register: string): string[] {
  return register.startsWith('group-') ? Array.from({ length: groupSize }, (_, i) => `${register}-${i}`) : [register];
}

/** What an operation writes, and what the history calls it. */
export function textOf(client: number, count: number): { readonly text: string; readonly label: string } {
  const label = `${client}:${count}`;
  return { label, text: count % 32 === 31 ? label.padEnd(padding, '.') : label };
}

/** What the history calls a value: without its padding, if that is as it was written. */
export function labelOf(json: string): string {
  const [, client, count] = /^"(\d+):(\d+)/.exec(json) ?? [];
  const { text, label } = textOf(Number(client), Number(count));
  return json === JSON.stringify(text) ? label : json;
}

/** The same for values of keys that are written together; null and undefined: no such key. */
export function labelOfAll(values: readonly (string | null | undefined)[]): string | undefined {
  const labels = values.map((value) => (value == null ? undefined : labelOf(value)));
  const [first] = labels;
  return labels.every((label) => label === first) ? first : `torn ${labels.join(' ')}`;
}
