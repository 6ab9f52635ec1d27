/** One of the list, the last ones more often, since they are the most likely to matter; undefined: it is empty. */
export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  const chance = random();
  if (chance < 0.3) return list.at(-1);
  const from = chance < 0.6 ? Math.max(0, list.length - 4) : 0;
  return list[from + Math.floor(random() * (list.length - from))];
}
