/**
 * Which authority signs, and which are trusted meanwhile. An authority is replaced by overlap: the next one is trusted
 * everywhere before it signs anything, and the former one until nothing it signed is in use.
 */
import { expiryOf, isDue } from './inspect.ts';
import type { Pair } from './issue.ts';

export interface Trust {
  /** Signs. Without a key when its Secret was deleted: then the next one signs what cannot wait. */
  readonly signer: { readonly certificate: string; readonly key: string | undefined };
  /** Trusted, and about to sign. */
  readonly next?: Pair;
  /** The certificate of the one before, still trusted. */
  readonly previous?: string;
  /** When this phase began. */
  readonly since: Date;
}

export type Phase = 'introduce' | 'switch' | 'retire';

/**
 * The phase that is to begin now, undefined when none is. A switch also needs every member to trust the next authority,
 * which the caller finds out.
 * @param phaseMs how long a phase lasts at least
 */
export function duePhase({ signer, next, previous, since }: Trust, now: Date, phaseMs: number): Phase | undefined {
  const waited = now.getTime() - since.getTime() >= phaseMs;
  if (next !== undefined) return waited ? 'switch' : undefined;
  if (previous !== undefined) return waited ? 'retire' : undefined;
  return isDue(signer.certificate, now) ? 'introduce' : undefined;
}

export function introduce({ signer }: Trust, next: Pair, now: Date): Trust {
  return { signer, next, since: now };
}

export function switchToNext({ signer, next }: Trust, now: Date): Trust {
  if (next === undefined) throw new Error('there is no next certificate authority');
  return { signer: next, previous: signer.certificate, since: now };
}

export function retirePrevious({ signer }: Trust, now: Date): Trust {
  return { signer, since: now };
}

/** All that are trusted, in an order that a switch does not change: what members read at their start stays the same. */
export function bundleOf({ signer, next, previous }: Trust): string {
  return [signer.certificate, next?.certificate, previous]
    .filter((certificate) => certificate !== undefined)
    .sort()
    .join('');
}

/** Who signs now. */
export function signingPair({ signer, next }: Trust): Pair {
  if (signer.key !== undefined) return { certificate: signer.certificate, key: signer.key };
  if (next === undefined) throw new Error('no certificate authority can sign');
  return next;
}

/** Whose certificates are accepted as they are. */
export function issuersOf({ signer, next }: Trust): string[] {
  return signer.key === undefined && next !== undefined ? [signer.certificate, next.certificate] : [signer.certificate];
}

/** Unix seconds at which the one that signs ends. */
export function trustExpiry({ signer }: Trust): number {
  return expiryOf(signer.certificate);
}
