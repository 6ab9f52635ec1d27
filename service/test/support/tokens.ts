/** Tokens for tests: a reader's and a writer's, in a file of the test's own. */
import { hash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import pino from 'pino';
import { Registry } from 'prom-client';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { TokenFile } from '../../src/auth/token-file.ts';
import { tokenMetrics } from '../../src/auth/token-metrics.ts';
import { type Clock, systemClock } from '../../src/store/clock.ts';

export const reader = 'reader-token.0123456789';
export const writer = 'writer-token/0123456789==';

export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

export const digestOf = (token: string): string => `sha256:${hash('sha256', token)}`;

export const bothTokens = `# who may use the store
ro dashboard ${digestOf(reader)}
rw shop ${digestOf(writer)}
`;

export interface TokensOptions {
  readonly clock?: Clock;
  readonly file?: string;
  /** Of the file; default: both tokens. */
  readonly text?: string;
  readonly registry?: Registry;
}

/** Tokens from a file, which is looked at by that clock. */
export async function someTokens(
  t: ExecutionContext,
  { clock = systemClock, file, text = bothTokens, registry = new Registry() }: TokensOptions = {},
): Promise<TokenFile> {
  file ??= join(temporaryFolder(t), 'tokens');
  await writeFile(file, text);
  const log = pino({ level: 'silent' });
  const tokens = await TokenFile.open({ file, log, metrics: tokenMetrics(registry), clock });
  t.teardown(() => tokens.close());
  return tokens;
}
