/** Pairs whose text shows whether it was left alone. */

const values = [
  '101660004000155481467',
  '1.0',
  '1e400',
  '"\\u0041\\n"',
  '{"b":1,"a":[1.50,null]}',
  '"12345678901234567890"',
  '-0',
];

/** Lines of an import, in the order of keys. */
export function manyLines(count: number): string {
  const lines = Array.from({ length: count }, (_, i) => {
    return `{"key":"key-${String(i).padStart(7, '0')}","value":${values[i % values.length]}}\n`;
  });
  return lines.join('');
}

/** Keys and values of an export, without revisions. */
export function withoutRevisions(lines: string): string {
  return lines.replaceAll(/,"revision":\d+/g, '');
}

/** Keys that are hard on paths, queries and lines. */
export const oddKeys = ['a/b//c', '..', '.', '%2F', '__proto__', 'a?b#c+d', 'ключ', '😀', ' ', 'two\nlines', '"'];
