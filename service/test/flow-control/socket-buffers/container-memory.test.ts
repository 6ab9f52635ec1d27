import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { containerMemory } from '../../../src/flow-control/socket-buffers/container-memory.ts';

/** Files as the system has them for a process in this group. */
async function group(t: ExecutionContext, own: string, files: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(t);
  await writeFile(join(folder, 'own'), own);
  await mkdir(join(folder, 'groups/kubepods/pod'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'groups', name), text);
  const memory = containerMemory(join(folder, 'own'), join(folder, 'groups'));
  t.teardown(() => memory?.close());
  return { memory, folder: join(folder, 'groups') };
}

test('the limit of the own group, and what buffers take of it at each look', async (t) => {
  const stat = (bytes: number) => `anon 1048576\nfile 0\nsock_other 7\nsock ${bytes}\nshmem 0\n`;
  const { memory, folder } = await group(t, '12:cpu:/elsewhere\n0::/kubepods/pod\n', {
    'memory.max': 'max\n',
    'kubepods/pod/memory.max': '536870912\n',
    'kubepods/pod/memory.stat': stat(4096),
  });
  t.is(memory?.limit, 512 * 1024 ** 2);
  t.is(memory?.socketBuffers(), 4096);
  await writeFile(join(folder, 'kubepods/pod/memory.stat'), stat(81_920));
  t.is(memory?.socketBuffers(), 81_920);
  memory?.close();
  t.is(memory?.socketBuffers(), 0);
});

test('in a container its own group is the uppermost', async (t) => {
  const { memory } = await group(t, '0::/\n', { 'memory.max': '1000000\n', 'memory.stat': 'sock 5\n' });
  t.is(memory?.limit, 1_000_000);
  t.is(memory?.socketBuffers(), 5);
});

for (const [what, own, files] of [
  ['no limit', '0::/\n', { 'memory.max': 'max\n', 'memory.stat': 'sock 5\n' }],
  ['cgroup v1', '4:memory:/pod\n', {}],
  ['another system', '', {}],
  ['no account of memory', '0::/\n', { 'memory.max': '1000000\n' }],
] as const) {
  test(`unknown: ${what}`, async (t) => {
    t.is((await group(t, own, files)).memory, undefined);
  });
}
