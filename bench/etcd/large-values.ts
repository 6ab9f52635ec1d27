/**
 * A process of clients that set a value of a mebibyte each, or read it, straight in etcd, one after the other. Arguments: `set` or `get`, how
 * many clients, and the members. Writes how many were answered so far, in lines. Ends with its standard input.
 */
import { direct, succeeds } from './direct.ts';

const [act = '', count = '', ...hosts] = process.argv.slice(2);
const large = 'x'.repeat(1 << 20);
/** Connections; calls share them. */
const clients = Array.from({ length: 50 }, () => direct(hosts));
let answered = 0;

process.stdin.resume().once('close', () => process.exit());
setInterval(() => process.stdout.write(`${answered}\n`), 100);
await Promise.all(
  Array.from({ length: Number(count) }, (_, i) => work(clients[i % clients.length] as (typeof clients)[number])),
);

async function work(etcd: (typeof clients)[number]): Promise<never> {
  for (;;) {
    // What etcd refuses for its load is tried again, as a client would.
    if (await succeeds(act === 'set' ? etcd.set('large', large) : etcd.read('large'))) answered++;
  }
}
