import type { Command } from 'commander';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { say, write } from '../io.ts';
import { wholeNumber } from '../settings.ts';
import { impatient, look } from '../status/look.ts';
import { statusJson } from '../status/text.ts';
import { collectFromCluster } from '../support/collect.ts';
import { add, prepareFolder, writeIndex } from '../support/folder.ts';
import { kubectlProgram } from '../support/kubectl.ts';

interface Options {
  readonly kvstore?: string;
  readonly namespace: string;
  readonly operatorNamespace: string;
  readonly kubectl: string;
  readonly tail: number;
  readonly quiet?: boolean;
}

export const addSupportBundle: AddCommand = (command: Command, run) =>
  command
    .command('support-bundle')
    .description('collect status, metrics, logs, events and the state of etcd in a folder, without secrets and values')
    .argument('<folder>', 'new or empty')
    .option('--kvstore <name>', 'on Kubernetes: what kubectl knows of it, too')
    .option('-n, --namespace <namespace>', 'of the KvStore', 'default')
    .option('--operator-namespace <namespace>', 'of the operator', 'kvstore-system')
    .option('--kubectl <program>', 'the program to ask the cluster with', 'kubectl')
    .option('--tail <lines>', 'last lines of each log', wholeNumber(1, 1_000_000), 2000)
    .action(
      run<[string], Options>(async ({ client, clock, signal, stdout, ...io }, options, folder) => {
        const { kvstore, namespace, operatorNamespace, tail } = options;
        for (const name of [kvstore ?? 'none', namespace, operatorNamespace]) checkName(name);
        const bundle = await prepareFolder(folder);
        const once = impatient(client);
        try {
          await add(bundle, 'status.json', async () => statusJson(await look({ client: once, metrics: once, clock })));
          await add(
            bundle,
            'metrics.txt',
            async () => (await once.send({ method: 'GET', target: '/metrics', form: 'metrics' })).body,
          );
        } finally {
          once.close();
        }
        if (kvstore !== undefined) {
          const kubectl = kubectlProgram(options.kubectl, signal);
          await collectFromCluster(bundle, { namespace, kvstore, operatorNamespace, tail }, kubectl);
        }
        signal.throwIfAborted();
        await writeIndex(bundle, new Date(clock.now()));
        await write(stdout, `${folder}\n`);
        if (options.quiet !== true) for (const missing of bundle.missing) say(io, `without ${missing}`);
        if (bundle.written.length === 0) throw new CliError('nothing could be had', exitCodes.unavailable);
      }),
    );

/** What goes into kubectl's arguments and the API server's paths. @throws CliError */
function checkName(name: string): void {
  if (/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)) return;
  throw new CliError(`${JSON.stringify(name)} is no name of Kubernetes`, exitCodes.usage);
}
