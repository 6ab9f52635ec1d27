/** Puts Schemathesis, at the versions of requirements.txt, into a virtual environment in the cache folder. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));

/** Resolves with Python in that environment; it is made once, and anew when the versions change. Needs python3 with venv. */
export async function installSchemathesis(report: (line: string) => void): Promise<string> {
  const versions = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(root, 'kvstore', `schemathesis-${versions}`);
  const python = join(folder, 'bin', 'python');
  if (await exists(python)) return python;
  await mkdir(dirname(folder), { recursive: true });
  report(`Installing Schemathesis into ${folder}`);
  const work = await mkdtemp(`${folder}-`);
  try {
    await run('python3', ['-m', 'venv', work]);
    await run(join(work, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    // Python finds its packages beside itself, so the folder may be moved; scripts in it name the old place.
    await rename(work, folder).catch(async (error: unknown) => {
      if (!(await exists(python))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return python;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
