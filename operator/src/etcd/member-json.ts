/** Reads the gateway's JSON: 64-bit numbers are strings, fields that hold a zero value are left out. */

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object that a text or an already parsed value holds; an empty object when it holds none, as for an answer that
 * is no JSON (a proxy's error page): its fields then read as absent.
 */
export function parseObject(value: unknown): JsonObject {
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return isObject(parsed) ? parsed : {};
}

export function textOf(object: JsonObject, field: string): string | undefined {
  const value = object[field];
  return typeof value === 'string' ? value : undefined;
}

export function textsOf(object: JsonObject, field: string): string[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function objectsOf(object: JsonObject, field: string): JsonObject[] {
  const value = object[field];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
