/** Tokens of a store, good and broken, as its Secret holds them. */
import { createHash } from 'node:crypto';
import { apply } from '../../../e2e/support/kubectl.ts';

export const tokensSecret = 'tokens';

/** May read and write. */
export const token = 'a-token-of-the-game-day-with-plenty-of-characters';
export const withToken = { authorization: `Bearer ${token}` };
export const goodTokens = `rw till sha256:${createHash('sha256').update(token).digest('hex')}\n`;
export const brokenTokens = 'rw till this line is no token\n';

export const inBase64 = (text: string) => Buffer.from(text).toString('base64');

export async function applyTokens(namespace: string, tokens: string): Promise<void> {
  const metadata = { name: tokensSecret, namespace };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { tokens } });
}
