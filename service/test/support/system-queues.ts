/** What the system holds of what was sent from a port and is not confirmed by the other side, in bytes; closed connections included. 0 where it cannot be seen. */
import { existsSync, readFileSync } from 'node:fs';

const file = '/proc/net/tcp';

export function heldFrom(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let sum = 0;
  for (const line of (existsSync(file) ? readFileSync(file, 'latin1') : '').split('\n').slice(1)) {
    const [, address = '', , , queues = ''] = line.trim().split(/\s+/);
    if (address.endsWith(local)) sum += Number.parseInt(queues.slice(0, 8), 16);
  }
  return sum;
}
