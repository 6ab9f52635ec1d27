/** The problem that the caller of a write gets when etcd did not take it. */
import { Problem, unavailable } from '@kvstore/core/problem.ts';
import { type meaningOf, messageOf } from '@kvstore/etcd/call-error.ts';

export function outcomeUnknown(why: string, cause?: unknown): Problem {
  const message = `Whether the write happened is not known: ${why}. Read the keys before you write them again.`;
  return new Problem('outcome-unknown', message, { headers: { 'Retry-After': '1' }, cause });
}

/** `size`: of the request, for the message. */
export function problemOf(
  meaning: ReturnType<typeof meaningOf>,
  cause: unknown,
  { bytes, operations }: { readonly bytes: number; readonly operations: number },
): Problem {
  switch (meaning) {
    case 'no-space':
      return new Problem('storage-full', 'etcd is full: nothing was written; reads go on.', { cause });
    case 'too-large':
      return new Problem('body-too-large', `etcd refuses a transaction of ${bytes} bytes (--max-request-bytes).`, {
        cause,
      });
    case 'too-many-operations':
      return new Problem('too-many-pairs', `etcd refuses a transaction of ${operations} pairs (--max-txn-ops).`, {
        cause,
      });
    case 'refused':
      return unavailable('etcd refuses this service: nothing was written.', cause);
    case 'lease-lost':
      return unavailable('The lease was revoked before the write: nothing was written.', cause);
    default:
      return outcomeUnknown(messageOf(cause), cause);
  }
}
