/**
 * `npm run clients`: generates clients of the API's own description in Python and Go, compiles them, and runs a round of
 * set, get, search, dump, conditional set and delete with each. Needs python3 with venv and Go; generators come from the
 * package registries, at fixed versions.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';

const run = promisify(execFile);
const generators = {
  python: 'openapi-python-client==0.29.1',
  go: 'github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2',
};
const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'kvstore-clients-'));
const service = await ServiceProcess.start({ endpoints: [], dataDir: join(folder, 'data') });
try {
  await service.ready();
  const description = join(folder, 'openapi.json');
  await writeFile(description, await (await fetch(`${service.url}/openapi.json`)).text());
  for (const [language, check] of Object.entries({ Python: checkPython, Go: checkGo })) {
    await check(description, service.url);
    console.log(`Clients, ${language}: generated, compiled, and done a round`);
  }
} finally {
  await service.kill();
  await rm(folder, { recursive: true, force: true });
}

async function checkPython(description: string, url: string): Promise<void> {
  const bin = join(folder, 'venv', 'bin');
  await run('python3', ['-m', 'venv', join(folder, 'venv')]);
  await run(join(bin, 'pip'), ['install', '--quiet', generators.python]);
  const output = join(folder, 'python');
  await run(join(bin, 'openapi-python-client'), ['generate', '--path', description, '--output-path', output]);
  await run(join(bin, 'python'), ['-m', 'compileall', '-q', output]);
  await run(join(bin, 'python'), [own('round.py'), url], { env: { ...process.env, PYTHONPATH: output } });
}

async function checkGo(description: string, url: string): Promise<void> {
  const cwd = join(folder, 'go');
  await mkdir(cwd);
  await copyFile(own('round.go'), join(cwd, 'round.go'));
  await run('go', ['mod', 'init', 'round'], { cwd });
  const { stdout } = await run(
    'go',
    ['run', generators.go, '-generate', 'types,client', '-package', 'main', description],
    {
      cwd,
      maxBuffer: 1 << 26,
    },
  );
  await writeFile(join(cwd, 'client.go'), stdout);
  await run('go', ['mod', 'tidy'], { cwd });
  await run('go', ['run', '.', url], { cwd });
}
