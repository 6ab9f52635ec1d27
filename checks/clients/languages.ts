/**
 * Clients that generators make of the API's own description: each is generated, compiled, and does a round of set, get,
 * search, dump, conditional set and delete. Watches, which no generator makes, are read with the languages' usual readers of
 * server-sent events. Generators and readers come from the package registries, at fixed versions.
 */
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { program } from './program.ts';
import { retried } from './retry.ts';

export interface Round {
  /** A folder of its own, which exists and is empty. */
  readonly folder: string;
  /** The file of the API's description. */
  readonly description: string;
  /** The service's. */
  readonly url: string;
}

const versions = {
  python: ['openapi-python-client==0.29.1', 'httpx-sse==0.4.3'],
  goEvents: 'github.com/r3labs/sse/v2@v2.10.0',
  go: 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2',
  typescript: ['openapi-typescript@7.13.0', 'openapi-fetch@0.17.0', 'typescript@5.9.3'],
} as const;
const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Needs python3 with venv. */
export async function python({ folder, description, url }: Round): Promise<void> {
  const environment = join(folder, 'venv');
  const bin = (name: string) => join(environment, 'bin', name);
  await retried('openapi-python-client', async () => {
    await rm(environment, { recursive: true, force: true });
    await program('python3', ['-m', 'venv', environment]);
    await program(bin('python'), ['-m', 'pip', 'install', '--quiet', ...versions.python]);
  });
  const output = join(folder, 'client');
  await program(bin('openapi-python-client'), ['generate', '--path', description, '--output-path', output]);
  await program(bin('python'), ['-m', 'compileall', '-q', output]);
  await program(bin('python'), [own('round.py'), url], { env: { PYTHONPATH: output } });
  await program(bin('python'), [own('watch.py'), url]);
}

/** Needs Go. */
export async function go({ folder: cwd, description, url }: Round): Promise<void> {
  await copyFile(own('round.go'), join(cwd, 'round.go'));
  await mkdir(join(cwd, 'watch'));
  await copyFile(own('watch.go'), join(cwd, 'watch', 'main.go'));
  await program('go', ['mod', 'init', 'round'], { cwd });
  const generate = ['run', versions.go, '-generate', 'types,client', '-package', 'main', description];
  await writeFile(join(cwd, 'client.go'), await retried(versions.go, () => program('go', generate, { cwd })));
  await retried('the modules of the Go client', async () => {
    await program('go', ['get', versions.goEvents], { cwd });
    await program('go', ['mod', 'tidy'], { cwd });
  });
  await program('go', ['run', '.', url], { cwd });
  await program('go', ['run', './watch', url], { cwd });
}

/** Needs npm, which comes with Node. */
export async function typescript({ folder: cwd, description, url }: Round): Promise<void> {
  await writeFile(join(cwd, 'package.json'), '{"type":"module","private":true}');
  await mkdir(join(cwd, 'src'));
  await copyFile(own('round.mts'), join(cwd, 'src', 'round.mts'));
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
  await retried('openapi-typescript', () => program('npm', ['install', ...flags, ...versions.typescript], { cwd }));
  const bin = (name: string) => join(cwd, 'node_modules', '.bin', name);
  await program(bin('openapi-typescript'), [description, '--output', join('src', 'client.d.ts')], { cwd });
  const strict = ['--strict', '--module', 'nodenext', '--target', 'esnext', '--allowImportingTsExtensions', '--noEmit'];
  const types = ['--types', 'node', '--typeRoots', own('../../node_modules/@types')];
  await program(bin('tsc'), [...strict, ...types, join('src', 'round.mts')], { cwd });
  await program(process.execPath, [join('src', 'round.mts'), url], { cwd });
}
