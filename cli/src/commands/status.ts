import type { Command } from 'commander';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { impatient, look } from '../status/look.ts';
import { exitCodeOf, statusJson, statusText } from '../status/text.ts';

export const addStatus: AddCommand = (command: Command, run) =>
  command
    .command('status')
    .description(
      'print how the store is: ready, one read, mode, version, revision, pairs; exit code 0 only when it is well',
    )
    .option('--json', 'print one line of JSON')
    .option('--metrics-url <url>', 'where /metrics is, when it has a port of its own (KV_METRICS_PORT)')
    .action(
      run<[], { json?: boolean; metricsUrl?: string }>(async ({ client, stdout, clock }, options) => {
        const { metricsUrl } = options;
        if (metricsUrl !== undefined && !URL.canParse(metricsUrl)) {
          throw new CliError(`${JSON.stringify(metricsUrl)} is no URL`, exitCodes.usage);
        }
        const once = impatient(client);
        const metrics = metricsUrl === undefined ? once : impatient(client, new URL(metricsUrl));
        try {
          const status = await look({ client: once, metrics, clock });
          await write(stdout, options.json === true ? statusJson(status) : statusText(status, clock.now()));
          const code = exitCodeOf(status);
          if (code !== exitCodes.ok) throw new CliError('the store is not well', code);
        } finally {
          once.close();
          metrics.close();
        }
      }),
    );
