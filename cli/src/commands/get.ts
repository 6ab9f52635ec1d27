import type { Command } from 'commander';
import { keyPath } from '../client.ts';
import type { AddCommand } from '../command.ts';
import { write } from '../io.ts';
import { pairText, versionOf } from '../pair-text.ts';

export const addGet: AddCommand = (command: Command, run) =>
  command
    .command('get')
    .description("print a key's value, as JSON; exit code 3 when there is none")
    .argument('<key>')
    .option('--json', 'print the pair with its revision and version')
    .option('--stale', 'take what the replica has, even while it cannot ask the others')
    .action(
      run<[string], { json?: boolean; stale?: boolean }>(async ({ client, stdout }, options, key) => {
        const target = `${keyPath(key)}${options.stale === true ? '?consistency=stale' : ''}`;
        const { headers, body } = await client.send({ method: 'GET', target });
        await write(stdout, options.json === true ? pairText(key, body, versionOf(headers)) : `${body}\n`);
      }),
    );
