import type { Context } from 'koa';
import type { Store } from '../store/store.ts';

/** Says how old a read may be that did not wait to be fresh: whole seconds (RFC 9111, 5.1). */
export function tellAge(ctx: Context, store: Store): void {
  const headers = ageHeaders(store.age?.());
  for (const [name, value] of Object.entries(headers)) ctx.set(name, value);
}

/** Nothing for a store that is never behind. */
export function ageHeaders(age: number | undefined): Readonly<Record<string, string>> {
  return age === undefined ? {} : { Age: String(Math.floor(age / 1000)) };
}
