/** Images of others that this project names, and what their registries serve for them. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settings } from '../operator/src/config.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

/** An image, and the file that names it. */
export interface NamedImage {
  /** NAME:TAG or NAME:TAG@sha256:DIGEST. */
  readonly image: string;
  readonly file: string;
}

/** The etcd of KvStores that name none: by its tag here, by its digest in the operator's image of a release. */
export const etcdImage = settings.find(({ name }) => name === 'KVSTORE_ETCD_IMAGE')?.default ?? '';

/** Those of the Dockerfiles, of manifests, of the chart and of what the docs have to copy; not those made here. */
export function othersImages(): NamedImage[] {
  const files = globSync(['Dockerfile.*', 'config/**/*.yaml', 'charts/**/*.yaml', 'docs/**/*.md', '*.md'], {
    cwd: root,
  });
  const named = files
    .sort()
    .flatMap((file) => imagesIn(readFileSync(join(root, file), 'utf8')).map((image) => ({ image, file })));
  return [...named, { image: etcdImage, file: 'operator/src/config.ts' }];
}

const reference = String.raw`[a-z][\w.-]*(?::\d+(?=/))?(?:/[\w./-]+)?(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?`;
const named = new RegExp(String.raw`^(?:[ -]*image: *|ARG \w*IMAGE=|FROM +)["']?(${reference})["']?(?:\s|$)`, 'gm');
const commands = /\b(?:docker|podman) (?:run|pull|create) .*/g;
const word = new RegExp(`(?<=\\s)${reference}(?=[\\s\`]|$)`, 'g');

/** What a text of YAML, Markdown or a Dockerfile takes from a registry: `image:`, a base, `docker run` and the like. */
export function imagesIn(text: string): string[] {
  const found = [
    ...[...text.matchAll(named)].map(([, image = '']) => image),
    ...[...text.matchAll(commands)].flatMap(([command]) => [...command.matchAll(word)].map(([image]) => image)),
  ];
  return found.filter((image) => /[:@]/.test(image) && !/^(?:[\w.-]+\/)?kvstore\//.test(image));
}

/** What the registry says of a NAME:TAG or NAME@DIGEST: the digest of all architectures. Throws when it has no such image. */
export type DigestOf = (reference: string) => string;

/** Asks with skopeo, which knows proxies, mirrors and logins. */
export const registryDigest: DigestOf = (reference) => {
  const args = ['inspect', '--no-tags', '--format', '{{.Digest}}', `docker://${reference}`];
  const digest = execFileSync('skopeo', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`skopeo gives no digest of ${reference}: ${digest}`);
  return digest;
};

export interface CheckedImages {
  /** NAME:TAG@sha256:DIGEST of each, by how it is named here. */
  readonly pinned: ReadonlyMap<string, string>;
  /** What a person should look at. */
  readonly notes: readonly string[];
}

/**
 * Pins each image, and looks whether those that are pinned can still be had. A tag that leads to something newer by now
 * is a note: what is pinned is what was tested. Throws when the registry does not serve a digest, or does not answer.
 */
export function checkImages(images: readonly NamedImage[], digestOf: DigestOf): CheckedImages {
  const pinned = new Map<string, string>();
  const notes: string[] = [];
  for (const { image, file } of images) {
    if (pinned.has(image)) continue;
    const [, name = image, tag = '', digest] = /^(.*?)(:[\w.-]+)?(?:@(sha256:[0-9a-f]{64}))?$/.exec(image) ?? [];
    if (digest === undefined) {
      pinned.set(image, `${image}@${digestOf(image)}`);
      continue;
    }
    const isMoved = tag !== '' && digestOf(`${name}${tag}`) !== digest;
    if (isMoved) notes.push(`${file}: ${name}${tag} is another image by now than ${digest}, which stays in use.`);
    if (isMoved || tag === '') digestOf(`${name}@${digest}`);
    pinned.set(image, image);
  }
  return { pinned, notes };
}
