/**
 * Ports for processes that are started, ended and started again. They lie below those that systems give to outgoing
 * connections and to whatever listens on port 0 (Linux: from 32768, others: from 49152): such a port may be taken while
 * its process is not there, and stay taken for as long as a connection lives.
 */
import { createServer } from 'node:net';
import { threadId } from 'node:worker_threads';

/** Above the ports that browsers and fetch refuse, below Kubernetes' node ports. */
const lowest = 10_240;
const highest = 29_999;
const span = highest - lowest + 1;

/**
 * A port that was given is not in use yet, and may look free to somebody else. So test files that run at the same time,
 * each in a thread of its own, begin far from each other, and so do processes.
 */
let offset = (process.pid * 331 + threadId * 613) % span;

/** Ports of loopback that are free now, all different; a process gets the same one again after some 20,000 others. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let tried = 0; ports.length < count; tried++) {
    if (tried > span) throw new Error(`${count} ports between ${lowest} and ${highest} are not free`);
    const port = lowest + offset;
    offset = (offset + 1) % span;
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
