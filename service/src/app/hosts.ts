/**
 * Which names a request may have been sent to. A page can have its own name lead to a laptop's loopback address (DNS
 * rebinding); the browser then takes the service for a part of that page. The Host header still has the page's name.
 */
import { isLoopback } from '@kvstore/core/loopback.ts';
import { Problem } from '@kvstore/core/problem.ts';

export interface HostRules {
  /** Address that the service listens on. */
  readonly listens: string;
  /** True: a page has no token to send. */
  readonly needsToken: boolean;
  /** Names besides those of loopback; `*` for any. */
  readonly allowed: readonly string[];
}

/** Throws Problem `misdirected`. */
export type CheckHost = (host: string) => void;

/** Undefined: any host will do. */
export function hostCheck({ listens, needsToken, allowed }: HostRules): CheckHost | undefined {
  const isOpen = allowed.length === 0 && (needsToken || !isLoopback(listens));
  if (isOpen || allowed.includes('*')) return undefined;
  const names = new Set(allowed.map((name) => name.toLowerCase()));
  return (host) => {
    // Clients that send an empty one are no browsers.
    if (host === '') return;
    const name = host.replace(/:\d*$/, '').toLowerCase();
    if (names.has(name) || isLoopback(name)) return;
    throw new Problem('misdirected', `This service does not answer to ${name}. Add the name to KV_HOSTS if it should.`);
  };
}
