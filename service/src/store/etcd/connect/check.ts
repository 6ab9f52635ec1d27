/** Is the member one that the store can rely on? */
import type { StatusResponse } from '@kvstore/etcd/messages.ts';
import type { Endpoint } from './endpoint.ts';

/** The first release of each line without the stale read between read index and leader change; later lines have it. */
const fixedIn: readonly (readonly [number, number, number])[] = [
  [3, 5, 33],
  [3, 6, 14],
  [3, 7, 1],
];

/** Thrown when a member must not be used; no other attempt will change that. */
export class UnusableEtcd extends Error {
  override readonly name = 'UnusableEtcd';
}

/** Undefined when reads of this version are linearizable, else why not. */
export function faultOfVersion(version: string): string | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(-.+)?/.exec(version);
  const wanted = 'it must be at least 3.5.33, 3.6.14 or 3.7.1';
  if (match === null) return `version ${version} is not known; ${wanted}`;
  const [major = 0, minor = 0, patch = 0] = match.slice(1, 4).map(Number);
  const line = fixedIn.find(([a, b]) => a === major && b === minor);
  const newest = fixedIn.at(-1) ?? [0, 0, 0];
  const good = line === undefined ? major > newest[0] || (major === newest[0] && minor > newest[1]) : patch >= line[2];
  if (good) return undefined;
  return `version ${version} can answer linearizable reads with old values while its leader changes; ${wanted}`;
}

/** Throws UnusableEtcd, or EtcdCallError when the member does not answer in `timeout` milliseconds. */
export async function checkMember(endpoint: Endpoint, timeout: number): Promise<void> {
  const { version } = await endpoint.call<StatusResponse>('Maintenance', 'status', {}, timeout);
  const fault = faultOfVersion(version);
  if (fault !== undefined) throw new UnusableEtcd(`etcd at ${endpoint.url} cannot be used: ${fault}.`);
}
