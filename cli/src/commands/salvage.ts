import { open } from 'node:fs/promises';
import type { StoredData } from '@kvstore/core/data-folder/pages/stored-data.ts';
import { pairLine } from '@kvstore/core/pair-line.ts';
import type { AddCommand } from '../command.ts';
import { inUse, openData, sayDamages } from '../files/data-folder.ts';
import { type Context, say, write } from '../io.ts';

/** Characters that are written at a time. */
const sliceSize = 256 * 1024;

export const addSalvage: AddCommand = (command, run) =>
  command
    .command('salvage')
    .description('write all sound pairs of a data folder as an export, whatever has become of the rest')
    .argument('<folder>', 'what KV_DATA_DIR was; nothing in it is changed, and no service may use it')
    .argument('[file]', 'must not exist; without it, standard output')
    .action(
      run<[string, string | undefined], { quiet?: boolean }>(async (context, options, folder, file) => {
        const data = await openData(folder);
        try {
          const pairs = await writeTo(context, data, file);
          if (data.isInUse) throw inUse(folder);
          const { lostKeys } = data.report();
          if (options.quiet !== true) sayDamages(context, data);
          say(context, `${pairs} pairs written, ${lostKeys.length} lost`);
        } finally {
          data.close();
        }
      }),
    );

async function writeTo(context: Context, data: StoredData, file: string | undefined): Promise<number> {
  if (file === undefined) return writePairs(data, (text) => write(context.stdout, text));
  // Never over what was saved before.
  const handle = await open(file, 'wx', 0o600);
  try {
    const pairs = await writePairs(data, (text) => handle.appendFile(text));
    await handle.sync();
    return pairs;
  } finally {
    await handle.close();
  }
}

async function writePairs(data: StoredData, take: (text: string) => Promise<void>): Promise<number> {
  let pairs = 0;
  let text = '';
  for (const pair of data.pairs()) {
    pairs++;
    text += pairLine(pair, pair.expires);
    if (text.length < sliceSize) continue;
    await take(text);
    text = '';
  }
  await take(text);
  return pairs;
}
