/**
 * What each answer looks like, as parsed JSON. One that looks different is not this API's, whatever its headers say. A value
 * of a key may be any JSON, so `GET /get/{key}` has no shape.
 */
export type Shape = (answer: unknown) => boolean;

export const isObject = (answer: unknown): answer is Readonly<Record<string, unknown>> =>
  typeof answer === 'object' && answer !== null && !Array.isArray(answer);

export const isTexts: Shape = (answer) => Array.isArray(answer) && answer.every((each) => typeof each === 'string');

/** An object with these members, each of which is a whole number. */
export function hasCounts(...names: readonly string[]): Shape {
  return (answer) => isObject(answer) && names.every((name) => Object.hasOwn(answer, name) && isCount(answer[name]));
}

/** A line of `POST /get`, of a key that was asked for. */
export function isRecordOf(keys: ReadonlySet<string>): Shape {
  return (answer) =>
    isObject(answer) &&
    typeof answer.key === 'string' &&
    keys.has(answer.key) &&
    Object.hasOwn(answer, 'value') &&
    isCount(answer.revision);
}

/** Of a search, by what it asks for. */
export function isFound({ values, folded }: { readonly values: boolean; readonly folded: boolean }): Shape {
  const isPart: Shape = values ? isObject : isTexts;
  if (!folded) return isPart;
  return (answer) => isObject(answer) && isPart(values ? answer.pairs : answer.keys) && isTexts(answer.prefixes);
}

const isCount: Shape = (member) => Number.isInteger(member);
