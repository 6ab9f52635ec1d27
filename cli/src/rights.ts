/** What a token may do, as GET /whoami answers it. */
import type { Client } from './client.ts';
import { NotAKvStoreError } from './server-error.ts';

export interface Rights {
  /** Null: the service asks for no tokens. */
  readonly name: string | null;
  readonly may: 'read' | 'write';
  /** Null: all keys. */
  readonly prefixes: readonly string[] | null;
  /** ISO time; null: never. */
  readonly expires: string | null;
  /** A second; null: none. */
  readonly limits: { readonly requests: number | null; readonly bytes: number | null } | null;
}

/** The rights, and the JSON that they came as. @throws what Client.send throws, and NotAKvStoreError */
export async function readRights(client: Client): Promise<{ readonly rights: Rights; readonly text: string }> {
  const { body } = await client.send({ method: 'GET', target: '/whoami', form: 'probe' });
  const rights = JSON.parse(body) as Rights;
  // It shows no data and has no entity tag: what it says is what shows that it is ours.
  if (!isRights(rights)) {
    const received = `it answers 200 with application/json, ${JSON.stringify(body.slice(0, 80))}, for /whoami`;
    throw new NotAKvStoreError(client.options.url.href, received);
  }
  return { rights, text: body };
}

function isRights(rights: Rights | null): boolean {
  if (typeof rights !== 'object' || rights === null) return false;
  const { name, may, prefixes } = rights;
  return (
    (name === null || typeof name === 'string') &&
    (may === 'read' || may === 'write') &&
    (prefixes === null || (Array.isArray(prefixes) && prefixes.every((prefix) => typeof prefix === 'string')))
  );
}

/** A line each; what there is no limit of says so. */
export function rightsText({ name, may, prefixes, expires, limits }: Rights): string {
  const rates = [
    ...(limits?.requests == null ? [] : [`${limits.requests} requests a second`]),
    ...(limits?.bytes == null ? [] : [`${limits.bytes} bytes a second`]),
  ];
  const rows = [
    ['token', name ?? 'none is needed'],
    ['may', may === 'write' ? 'read and write' : 'read'],
    [
      'keys',
      prefixes === null ? 'all' : `those that begin with ${prefixes.map((each) => JSON.stringify(each)).join(', ')}`,
    ],
    ['expires', expires ?? 'never'],
    ['limits', rates.length === 0 ? 'none' : `${rates.join(', ')}, of each replica`],
  ] as const;
  return rows.map(([title, value]) => `${title.padEnd(9)}${value}\n`).join('');
}
