/**
 * Loaded before a program (`--import`): localhost has an IPv6 address first, where nothing listens, and then
 * an IPv4 one, as it has on many machines.
 */
import dns, { type LookupAddress, type LookupOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const addresses: readonly LookupAddress[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];
const { lookup } = dns;
const { lookup: lookupSoon } = dns.promises;

type Callback = (error: Error | null, found: string | readonly LookupAddress[], family?: number) => void;

dns.lookup = ((name: string, options: LookupOptions, callback: Callback) => {
  if (name !== 'localhost') return lookup(name, options, callback as never);
  if (options.all === true) return process.nextTick(callback, null, addresses);
  process.nextTick(callback, null, '::1', 6);
}) as typeof lookup;

dns.promises.lookup = ((name: string, options: LookupOptions) => {
  if (name !== 'localhost') return lookupSoon(name, options);
  return Promise.resolve(options.all === true ? addresses : addresses[0]);
}) as typeof lookupSoon;

syncBuiltinESMExports();
