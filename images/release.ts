/**
 * Builds both images of a release from a clean checkout, and says of each what it is made of and how: an archive, an SBOM
 * (CycloneDX), a provenance statement (SLSA 1.0, in-toto) and a list of digests. Asks the registries of others' images for
 * their digests, and gives the operator's image that of etcd. It pushes and signs nothing.
 * Usage: npm run release -- [--tool docker] [--out release] [--node-image IMAGE] [--offline] [-- FLAGS OF BUILD...]
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import manifest from '../package.json' with { type: 'json' };
import { checkImages, etcdImage, othersImages, registryDigest } from './others.ts';
import { digestOf, type Origin, provenanceOf } from './provenance.ts';
import { lockedSbom } from './sbom.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Workspaces of each image, besides those that they need. */
export const parts = { service: ['service', 'cli'], operator: ['operator'] } as const;

export interface ReleaseOptions {
  /** docker or podman, or what takes `build`, `save` and `image inspect` as they do. */
  readonly tool: string;
  /** Folder of the results. */
  readonly out: string;
  /** In place of the base that the Dockerfiles name. */
  readonly nodeImage?: string | undefined;
  /** Asks no registry: the operator's image then names etcd by its tag. For trials. */
  readonly offline?: boolean | undefined;
  /** Of the tool's build. */
  readonly flags?: readonly string[];
}

/** Throws when the checkout has changes: a release is what a commit holds. */
export function release({ tool, out, nodeImage, offline = false, flags = [] }: ReleaseOptions): void {
  const changes = git('status', '--porcelain');
  if (changes !== '') throw new Error(`A release is made of a commit; the checkout has changes:\n${changes}`);
  const revision = git('rev-parse', 'HEAD');
  const created = new Date(Number(git('log', '-1', '--format=%ct')) * 1000).toISOString();
  const lock = digestOf(readFileSync(join(root, 'package-lock.json')));
  mkdirSync(out, { recursive: true });
  const sums: string[] = [];
  const keep = (name: string, content: string | Buffer) => {
    writeFileSync(join(out, name), content);
    sums.push(`${digestOf(content)}  ${name}`);
  };
  const etcd = offline ? etcdImage : pinnedEtcd((lines) => keep('images.txt', lines));
  for (const [part, workspaces] of Object.entries(parts)) {
    const started = new Date().toISOString();
    const dockerfile = `Dockerfile.${part}`;
    const base = nodeImage ?? baseOf(dockerfile);
    const tag = `kvstore/${part}:${manifest.version}`;
    const facts = {
      ...{ NODE_IMAGE: base, VERSION: manifest.version, REVISION: revision, CREATED: created },
      ...(part === 'operator' ? { ETCD_IMAGE: etcd } : {}),
    };
    const args = Object.entries(facts).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
    // A layer of an earlier build may have the labels of that one.
    run(tool, ['build', '--no-cache', ...flags, ...args, '-f', dockerfile, '-t', tag, '.']);
    const file = `kvstore-${part}-${manifest.version}`;
    const archive = `${file}.tar`;
    run(tool, ['save', '-o', join(out, archive), tag]);
    const subject = { name: archive, digest: digestOf(readFileSync(join(out, archive))) };
    sums.push(`${subject.digest}  ${archive}`);
    keep(`${file}.cdx.json`, sbomOf(`kvstore-${part}`, workspaces, cpuOf(tool, tag)));
    const finished = new Date().toISOString();
    const origin: Origin = { dockerfile, base, revision, lock, tool, args, started, finished };
    keep(`${file}.intoto.json`, provenanceOf(subject, origin));
  }
  writeFileSync(join(out, 'SHA256SUMS'), `${sums.join('\n')}\n`);
}

/**
 * Asks the registries for what is named here of others. @param keep takes a line for each image
 * @returns the operator's default of etcd, by its digest
 */
function pinnedEtcd(keep: (lines: string) => void): string {
  const { pinned, notes } = checkImages(othersImages(), registryDigest);
  for (const note of notes) process.stderr.write(`${note}\n`);
  keep(`${[...pinned.values()].join('\n')}\n`);
  return pinned.get(etcdImage) ?? etcdImage;
}

/** The default of a Dockerfile's NODE_IMAGE: a tag with its digest. */
function baseOf(dockerfile: string): string {
  const [, base] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(join(root, dockerfile), 'utf8')) ?? [];
  if (base === undefined) throw new Error(`${dockerfile} names no NODE_IMAGE`);
  return base;
}

/**
 * Packages of an image as CycloneDX, and Node, which is no package there.
 * @param cpu as Node names it: x64, arm64
 */
export function sbomOf(name: string, workspaces: readonly string[], cpu: string): string {
  const sbom = lockedSbom(workspaces, { os: 'linux', cpu, libc: 'glibc' });
  Object.assign(sbom.metadata.component, { type: 'container', name, version: manifest.version });
  const { node: version } = manifest.dependencies;
  const node = { type: 'application', name: 'node', version, purl: `pkg:generic/node@${version}` };
  return `${JSON.stringify({ ...sbom, components: [...sbom.components, node] }, null, 2)}\n`;
}

/** The processor that an image is for, as Node names it: docker and podman name it as Go does. */
function cpuOf(tool: string, tag: string): string {
  const architecture = output(tool, ['image', 'inspect', '--format', '{{.Architecture}}', tag]).trim();
  return architecture === 'amd64' ? 'x64' : architecture;
}

function git(...args: string[]): string {
  return output('git', args).trim();
}

function output(program: string, args: readonly string[]): string {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    options: {
      tool: { type: 'string', default: 'docker' },
      out: { type: 'string', default: 'release' },
      'node-image': { type: 'string' },
      offline: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const { tool, out, 'node-image': nodeImage, offline } = values;
  release({ tool, out, nodeImage, offline, flags: positionals });
  process.stdout.write(
    `${out}: images, SBOMs, provenance and SHA256SUMS. Sign and push them as docs/release.md says.\n`,
  );
}
