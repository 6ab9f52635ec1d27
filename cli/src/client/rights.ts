/** What a token may do, as GET /whoami answers it. */
import { CliError, exitCodes } from '../exit-codes.ts';
import type { Client } from './client.ts';
import { NotAKvStoreError, ServerError } from './server-error.ts';

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

/**
 * A backup with a token that is limited to prefixes has a part of the store, and in time it is all that is kept.
 * @throws CliError (denied), and what Client.send throws
 */
export async function refuseLimitedToken(client: Client): Promise<void> {
  const found = await readRights(client).catch((error: unknown) => {
    // An earlier version of the service, or an Ingress that does not lead to the path.
    if (error instanceof NotAKvStoreError || (error instanceof ServerError && error.code === 'unknown-path'))
      return undefined;
    throw error;
  });
  const { name, prefixes = null } = found?.rights ?? {};
  if (prefixes === null) return;
  const message = `the token "${name}" reaches only keys that begin with ${listOf(prefixes)}: a backup would have no others`;
  throw new CliError(`${message}. Use a token without prefixes, or \`export\``, exitCodes.denied);
}

function listOf(prefixes: readonly string[]): string {
  return prefixes.map((prefix) => JSON.stringify(prefix)).join(', ');
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
    ['keys', prefixes === null ? 'all' : `those that begin with ${listOf(prefixes)}`],
    ['expires', expires ?? 'never'],
    ['limits', rates.length === 0 ? 'none' : `${rates.join(', ')}, of each replica`],
  ] as const;
  return rows.map(([title, value]) => `${title.padEnd(9)}${value}\n`).join('');
}
