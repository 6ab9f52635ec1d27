/**
 * A process of clients that do their worst, again and again until it is ended. Arguments: host, port and the name of
 * the kind. Writes a line when they have begun. Ends with its standard input, and so with the process that began it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Sockets } from './sockets.ts';
import { manyWatches, watchersTake } from './watchers.ts';
import { setAt, worstClients } from './worst-clients.ts';

/** Milliseconds that those connections stay which the service does not cut. */
const stay = 2000;

const [host = '', port = '', name = ''] = process.argv.slice(2);
const address = { host, port: Number(port) };
const set = setAt(address);
const attack = name === manyWatches ? undefined : worstClients[name];
if (attack === undefined && name !== manyWatches) throw new Error(`no such kind: ${name}`);
process.stdin.resume().once('close', () => process.exit());
let told = false;
for (;;) {
  using sockets = new Sockets(address);
  if (attack === undefined) await watchersTake(sockets, set, tell);
  else {
    await attack({ send: (...parts) => sockets.connect(parts), set });
    tell();
    await pause(stay);
  }
}

function tell(): void {
  if (!told) process.stdout.write('begun\n');
  told = true;
}
