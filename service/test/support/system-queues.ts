/** What the system holds of what was sent from a port and is not confirmed by the other side, in bytes; closed connections included (Linux). */
import { readFileSync } from 'node:fs';

export function heldFrom(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  let sum = 0;
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, address = '', , , queues = ''] = line.trim().split(/\s+/);
    if (address.endsWith(local)) sum += Number.parseInt(queues.slice(0, 8), 16);
  }
  return sum;
}
