/** What an answer says besides its body. */
import type { Part } from './schemas.ts';

export const header = (name: keyof typeof headers): Part => ({ $ref: `#/components/headers/${name}` });

const quoted = { type: 'string', pattern: '^"[0-9]+"$' };

export const headers = {
  keyVersion: { description: 'The revision that last wrote the key, in quotes.', required: true, schema: quoted },
  revision: { description: "The store's revision, in quotes.", required: true, schema: quoted },
  state: {
    description: "The store's revision and the form, in quotes; absent while expired keys are not removed yet.",
    schema: { type: 'string', pattern: '^"[0-9]+(-lines)?"$' },
  },
  next: {
    description: 'RFC 8288: `<target>; rel="next"`, the same query for the page that follows; absent on the last.',
    schema: { type: 'string', pattern: '^</[^>]*>; rel="next"$' },
  },
  age: {
    description: 'With `consistency=stale` over etcd: seconds for which the replica may have missed changes.',
    schema: { type: 'integer', minimum: 0 },
  },
  retryAfter: { description: 'Seconds to wait before asking again.', schema: { type: 'integer', minimum: 0 } },
  challenge: {
    description: 'RFC 6750.',
    required: true,
    schema: { type: 'string', pattern: '^Bearer realm="kvstore"' },
  },
} as const satisfies Record<string, Part>;
