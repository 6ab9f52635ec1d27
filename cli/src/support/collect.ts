/** Fills the folder of a bundle; what cannot be had is named in its index, and the rest goes on. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Item, type Place, podItems, storeItems } from './items.ts';

/** Resolves what a program wrote; rejects with Error that says what it wrote to standard error. */
export type Kubectl = (args: readonly string[]) => Promise<string>;

/** Milliseconds for one call, bytes of its answer. */
const limits = { timeout: 30_000, maxBuffer: 64 * 1024 ** 2 };

export function kubectlProgram(program: string, signal: AbortSignal): Kubectl {
  return (args) =>
    new Promise((resolve, reject) => {
      const child = execFile(program, [...args], { ...limits, signal, encoding: 'utf8' }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(stderr.trim() || error.message, { cause: error }));
      });
      child.stdin?.end();
    });
}

export interface Bundle {
  /** Paths in the folder. */
  readonly written: string[];
  /** `file: why` of what could not be had. */
  readonly missing: string[];
}

/** Makes the folder, for its user alone. @throws CliError when it has something in it */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new CliError(`${folder} is not empty`, exitCodes.usage);
}

export async function add(folder: string, bundle: Bundle, file: string, make: () => Promise<string>): Promise<void> {
  try {
    const text = await make();
    await mkdir(dirname(join(folder, file)), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, file), text, { mode: 0o600, flag: 'wx' });
    bundle.written.push(file);
  } catch (error) {
    bundle.missing.push(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Everything that kubectl knows of a KvStore, one call after the other: a cluster in trouble is not to be hurried. */
export async function collectFromCluster(
  folder: string,
  bundle: Bundle,
  place: Place,
  kubectl: Kubectl,
): Promise<void> {
  const take = ({ file, args, redact }: Item) => add(folder, bundle, file, async () => redact(await kubectl(args)));
  for (const item of storeItems(place)) await take(item);
  const selector = `app.kubernetes.io/instance=${place.kvstore}`;
  const containers = '{range .items[*]}{.metadata.name}{" "}{.spec.containers[0].name}{"\\n"}{end}';
  const list = await kubectl([
    '-n',
    place.namespace,
    'get',
    'pods',
    '-l',
    selector,
    '-o',
    `jsonpath=${containers}`,
  ]).catch(() => '');
  for (const line of list.split('\n')) {
    const [pod = '', container = ''] = line.split(' ');
    // A name of Kubernetes is a safe name of a file.
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(pod)) continue;
    for (const item of podItems(place, pod, container)) await take(item);
  }
}

/** Says what there is and what is missing. */
export async function writeIndex(folder: string, bundle: Bundle, madeAt: Date): Promise<void> {
  const lines = [
    `Made ${madeAt.toISOString()}. Values of keys, tokens and Secrets are not in here; names of keys may be, in logs.`,
    '',
    ...bundle.written,
    ...(bundle.missing.length === 0 ? [] : ['', 'Could not be had:', ...bundle.missing]),
  ];
  await writeFile(join(folder, 'index.txt'), `${lines.join('\n')}\n`, { mode: 0o600 });
}
