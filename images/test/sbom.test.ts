/** The SBOMs beside what the Dockerfiles install: packages come from npm's cache, or else from the registry. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import manifest from '../../package.json' with { type: 'json' };
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { parts, sbomOf } from '../release.ts';
import type { Sbom } from '../sbom.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Installed {
  readonly packages: Readonly<
    Record<string, { readonly name?: string; readonly version: string; readonly link?: true }>
  >;
}

/** `name@version` of all that the `npm ci` of a Dockerfile installs, workspaces of this project left out. */
function installed(t: ExecutionContext, part: keyof typeof parts): readonly string[] {
  const [, args = ''] = /^RUN npm (ci .*?)(?: \\)?$/m.exec(readFileSync(`${root}Dockerfile.${part}`, 'utf8')) ?? [];
  t.regex(args, /--omit=dev/);
  const folder = temporaryFolder(t);
  for (const file of [
    'package.json',
    'package-lock.json',
    ...manifest.workspaces.map((name) => `${name}/package.json`),
  ]) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  const platform = ['--os=linux', '--cpu=x64', '--libc=glibc', '--prefer-offline'];
  execFileSync('npm', [...args.split(' '), ...platform], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  const { packages }: Installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const own = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link);
  return own.map(([path, { name, version }]) => `${name ?? path.replace(/.*node_modules\//, '')}@${version}`);
}

for (const part of ['service', 'operator'] as const) {
  test.serial(`the SBOM of the ${part} has what its Dockerfile installs, all of it and no more`, (t) => {
    const { components }: Sbom = JSON.parse(sbomOf(`kvstore-${part}`, parts[part], 'x64'));
    const own = new Set(components.filter(({ hashes }) => hashes === undefined).map(({ name }) => name));
    t.true(own.isSubsetOf(new Set([...manifest.workspaces, 'node'])), 'only these are no packages of a registry');
    const listed = components.filter(({ name }) => !own.has(name));
    const ids = listed.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', '')));
    const expected = new Set(installed(t, part));
    t.true(expected.size > 100);
    t.deepEqual(ids.toSorted(), [...expected].toSorted());
  });
}
