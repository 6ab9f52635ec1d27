/** The paths of a schema's and an object's fields, for comparison: `ingress.tls.secretName`, `env[].name`. */

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** Fields that a schema names. Maps and free-form objects have no names of their own. */
export function schemaPathsOf(schema: Schema, path = ''): string[] {
  if (schema.items !== undefined) return schemaPathsOf(schema.items, `${path}[]`);
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties)
    .flatMap(([name, child]) => schemaPathsOf(child, path === '' ? name : `${path}.${name}`))
    .sort();
}

/** Fields of an object in which `free` stands for a map or a free-form object. */
export const free: unique symbol = Symbol('free');

export function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return pathsOf(value[0], `${path}[]`);
  if (typeof value !== 'object' || value === null || free in value) return [path];
  return Object.entries(value)
    .flatMap(([name, child]) => pathsOf(child, path === '' ? name : `${path}.${name}`))
    .sort();
}
