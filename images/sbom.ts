/**
 * Writes an SBOM (CycloneDX) from the lock file: every package that `npm ci --omit=dev` installs.
 * `npm sbom --omit=dev` leaves out each package that something also has as a package of development, so npm gets a copy of
 * the manifests that has none of those.
 * Usage, for the whole project and all platforms: node images/sbom.ts > sbom.cdx.json
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import manifest from '../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../', import.meta.url));

/** As npm and the `os`, `cpu` and `libc` of packages name them. */
export interface Platform {
  readonly os: string;
  readonly cpu: string;
  readonly libc: string;
}

/** The parts of a package.json, or of an entry of package-lock.json, that matter here. */
interface Manifest extends Readonly<Partial<Record<keyof Platform, readonly string[]>>> {
  devDependencies?: unknown;
}

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses?: readonly { readonly license?: { readonly id: string } }[];
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
}

export interface Sbom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/**
 * @param workspaces with what they need; none: the whole project
 * @param platform where packages for other platforms are not installed; undefined: with those of all
 * @throws when the lock file does not fit the manifests
 */
export function lockedSbom(workspaces: readonly string[], platform?: Platform): Sbom {
  const folder = mkdtempSync(join(tmpdir(), 'kvstore-sbom-'));
  try {
    copyManifests(folder, platform);
    const chosen = workspaces.flatMap((workspace) => ['--workspace', workspace]);
    const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', ...chosen];
    const sbom: Sbom = JSON.parse(execFileSync('npm', args, { cwd: folder, encoding: 'utf8', maxBuffer: 64 << 20 }));
    // npm names it after the folder.
    Object.assign(sbom.metadata.component, { name: manifest.name });
    return sbom;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function copyManifests(to: string, platform: Platform | undefined): void {
  const lock = readJson<{ packages: Record<string, Manifest> }>('package-lock.json');
  for (const part of ['', ...manifest.workspaces]) {
    const { devDependencies: _, ...kept } = readJson<Manifest>(join(part, 'package.json'));
    mkdirSync(join(to, part), { recursive: true });
    writeFileSync(join(to, part, 'package.json'), JSON.stringify(kept));
    delete lock.packages[part]?.devDependencies;
  }
  if (platform !== undefined) {
    for (const [path, entry] of Object.entries(lock.packages)) if (!isFor(entry, platform)) delete lock.packages[path];
  }
  writeFileSync(join(to, 'package-lock.json'), JSON.stringify(lock));
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

function isFor(entry: Manifest, platform: Platform): boolean {
  return (['os', 'cpu', 'libc'] as const).every((key) => {
    const names = entry[key];
    if (names === undefined) return true;
    if (names.includes(`!${platform[key]}`)) return false;
    return names.includes(platform[key]) || names.every((name) => name.startsWith('!'));
  });
}

if (import.meta.main) {
  parseArgs({ options: {} });
  process.stdout.write(`${JSON.stringify(lockedSbom([]), null, 2)}\n`);
}
