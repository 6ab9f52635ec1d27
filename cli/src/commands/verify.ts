import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { inUse, openData, sayDamages } from '../files/data-folder.ts';
import { write } from '../io.ts';

export const addVerify: AddCommand = (command, run) =>
  command
    .command('verify')
    .description('check a data folder of the embedded store while no service uses it; exit code 1 when it is damaged')
    .argument('<folder>', 'what KV_DATA_DIR was; nothing in it is changed')
    .option('--keys', 'print the keys that are lost, as JSON texts, a line each')
    .action(
      run<[string], { quiet?: boolean; keys?: boolean }>(async (context, options, folder) => {
        const data = await openData(folder);
        try {
          let pairs = 0;
          for (const _pair of data.pairs()) pairs++;
          // A service that came meanwhile makes pages look damaged.
          if (data.isInUse) throw inUse(folder);
          const { damages, lostKeys, loose } = data.report();
          if (options.keys === true)
            for (const key of lostKeys) await write(context.stdout, `${JSON.stringify(key)}\n`);
          else await write(context.stdout, `${pairs - loose} pairs are sound, ${lostKeys.length + loose} are not\n`);
          if (options.quiet !== true) sayDamages(context, data);
          if (damages.length > 0) {
            throw new CliError(`${folder} is damaged: docs/damage.md says what to do`, exitCodes.failure);
          }
        } finally {
          data.close();
        }
      }),
    );
