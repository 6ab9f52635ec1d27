/**
 * `npm run budgets -- [--etcd] [ROUNDS] [SECONDS] [WORDS]`: for each kind of worst client, what is left to others, the
 * slowest answer to a probe, and the memory; with --etcd over three members. WORDS: kinds whose name has them. Rates depend
 * on the machine; their ratio hardly. Exit code 1 when a bar was missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdLimits, ownEtcdLimits } from '../../operator/src/desired/service-environment.ts';
import { decimal, flag, text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { endUsage, scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { type Measured, measure } from './measure.ts';
import { missed, table } from './report.ts';
import { attacks } from './start-attack.ts';
import { fill, setAt } from './worst-clients.ts';

const { rounds, seconds, words, etcd } = scriptArguments({
  words: {
    rounds: wholeNumber({ default: 3, from: 1, to: 20 }),
    seconds: decimal({ default: 2, from: 0.1, to: 60 }),
    words: text(''),
  },
  options: { etcd: flag },
});
/** As the operator sets them. */
const { maxTxnOps, maxRequestBytes } = etcdLimits;
const limitFlags = [`--max-txn-ops=${maxTxnOps}`, `--max-request-bytes=${maxRequestBytes}`];
const chosen = attacks.filter((name) => name.includes(words));
if (chosen.length === 0) endUsage(`No kind has "${words}" in its name: ${attacks.join('; ')}.`);
const measured: Measured[] = [];
for (const kind of chosen) {
  // One service for each, so that none finds what another has left.
  await using ending = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-budgets-'));
  ending.defer(() => rm(dataDir, { recursive: true, force: true }));
  const cluster = etcd ? await EtcdCluster.start({ size: 3, flags: limitFlags }) : undefined;
  ending.defer(async () => cluster?.stop());
  const endpoints = cluster?.endpoints ?? [];
  // The heap that Node gives itself in a container of 512 MiB.
  const service = await ServiceProcess.start({
    endpoints,
    dataDir,
    settings: { NODE_OPTIONS: '--max-old-space-size=256', ...(etcd ? ownEtcdLimits : {}) },
  });
  ending.defer(() => service.kill());
  await service.ready();
  await fill(setAt(service));
  measured.push(await measure(service, kind, { rounds, seconds }));
  console.error(kind);
}
console.log(table(measured));
for (const line of missed(measured)) {
  console.log(`MISSED: ${line}`);
  process.exitCode = 1;
}
