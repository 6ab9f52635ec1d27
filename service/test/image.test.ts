/** The commands of Dockerfile.service, run here as they stand there; and what images are made from. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import manifest from '../../package.json' with { type: 'json' };
import { CertificateAuthority } from '../../test-support/certificates.ts';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dockerfile = readFileSync(`${root}Dockerfile.service`, 'utf8');

/** The words of a CMD in its JSON form. */
function words(instruction: RegExp): string[] {
  const [, json = '[]'] = instruction.exec(dockerfile) ?? [];
  return JSON.parse(json) as string[];
}

test('the health check distinguishes a running service from one that is gone', async (t) => {
  const [command = '', ...args] = words(/^HEALTHCHECK .*CMD (\[.*\])$/m);
  t.is(command, 'node');
  const { certFile, keyFile } = await (await CertificateAuthority.create(temporaryFolder(t))).issue('service');
  const settings: Record<string, string>[] = [{}, { KV_TLS_CERT_FILE: certFile, KV_TLS_KEY_FILE: keyFile }];
  for (const tls of settings) {
    const check = (port: string) =>
      new Promise<number | null>((resolve) => {
        const options = { cwd: root, env: { KV_PORT: port, ...tls }, timeout: 30_000 };
        const child = execFile(process.execPath, args, options, () => resolve(child.exitCode));
      });
    const service = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), ...tls } });
    const { port, protocol } = new URL(service.url);
    t.is(protocol, 'KV_TLS_CERT_FILE' in tls ? 'https:' : 'http:');
    t.is(await check(port), 0);
    await service.stop();
    t.is(await check(port), 1);
  }
});

test('the program that the image starts is one of the files it copies', (t) => {
  const [command, file = ''] = words(/^CMD (\[.*\])$/m);
  t.is(command, 'node');
  t.true(file.startsWith('service/src/') && existsSync(root + file), file);
});

for (const name of ['Dockerfile.service', 'Dockerfile.operator']) {
  test(`${name} is made from one pinned image, with the Node that all is tested on`, (t) => {
    const text = readFileSync(root + name, 'utf8');
    const [, version] = /^ARG NODE_IMAGE=node:([\d.]+)-slim@sha256:[0-9a-f]{64}$/m.exec(text) ?? [];
    t.is(version, manifest.dependencies.node);
    const stages = [...text.matchAll(/^FROM (.*)$/gm)].map(([, stage]) => stage);
    t.regex(stages[0] ?? '', /^\$\{NODE_IMAGE\} AS dependencies$/);
    t.deepEqual(
      stages.slice(1),
      ['scratch AS sources', 'dependencies AS compiled', 'scratch'],
      'what is shipped has no shell and no npm',
    );
    for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'created', 'base.name']) {
      t.true(text.includes(`org.opencontainers.image.${label}=`), label);
    }
    t.regex(text, /^COPY LICENSE \.\/$/m);
  });
}

test("the operator's image takes the etcd of KvStores that name none, and has none of its own", (t) => {
  const [shipped = ''] = readFileSync(`${root}Dockerfile.operator`, 'utf8')
    .split(/^FROM /m)
    .slice(-1);
  t.regex(shipped, /^ARG ETCD_IMAGE=$/m);
  t.regex(shipped, /^ENV .*\bKVSTORE_ETCD_IMAGE=\$\{ETCD_IMAGE\}$/m);
});

for (const part of ['service', 'operator']) {
  test(`the ${part}'s image has a compile cache, made of what it ships, where its processes look for it`, (t) => {
    const stages = readFileSync(`${root}Dockerfile.${part}`, 'utf8').split(/^FROM /m);
    const [, , sources = '', compiled = '', shipped = ''] = stages;
    // One list for both: a file that is missing where the cache is made would be a build that fails.
    for (const stage of [compiled, shipped]) t.true(stage.includes('COPY --from=sources /app ./\n'));
    for (const stage of [compiled, shipped]) t.notRegex(stage, /^COPY (?!--from=)/m);
    t.true(compiled.includes(`RUN node images/make-compile-cache.ts ${part} /app/compile-cache\n`));
    t.true(shipped.includes('COPY --from=compiled /app/compile-cache compile-cache\n'));
    // Beside the folder that it is in: see images/use-compile-cache.cjs.
    t.true(sources.includes('COPY images/use-compile-cache.cjs images/\n'));
    t.regex(shipped, /^ENV .*\bNODE_OPTIONS=--require=\/app\/images\/use-compile-cache\.cjs\b/m);
    t.regex(shipped, /^WORKDIR \/app$/m);
  });
}

test('the service gives buffers of large values back to the system', (t) => {
  // Without it the C library raises the size from which it does so to that of the largest it has freed.
  t.regex(dockerfile, /^ENV MALLOC_MMAP_THRESHOLD_=131072$/m);
});

test('`kv` in the image is the command line, without a shell in between', (t) => {
  const text = readFileSync(`${root}images/kv`, 'utf8');
  t.regex(text, /^#!\/usr\/local\/bin\/node\n/);
  const [, file = ''] = /import\('\/app\/(.*)'\)/.exec(text) ?? [];
  t.true(existsSync(root + file));
  t.not(statSync(`${root}images/kv`).mode & 0o111, 0);
  t.true(dockerfile.includes('cp images/kv /root-files/usr/local/bin/kv'));
});

test('an image has every file that its program imports, also those outside its own folder', (t) => {
  for (const [name, program] of [
    ['Dockerfile.service', 'service/src/main.ts'],
    ['Dockerfile.service', 'cli/src/main.ts'],
    ['Dockerfile.operator', 'operator/src/main.ts'],
  ] as const) {
    const copied = [...readFileSync(root + name, 'utf8').matchAll(/^COPY (\S+\/src) /gm)].map(
      ([, folder]) => `${folder}/`,
    );
    const ignored = readFileSync(`${root}.dockerignore`, 'utf8');
    for (const folder of copied) t.true(ignored.includes(`!${folder.slice(0, -1)}`), folder);
    const seen = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      t.true(copied.some((folder) => file.startsWith(folder)) || file.endsWith('package.json'), `${name}: ${file}`);
      const text = readFileSync(root + file, 'utf8');
      for (const [, path = ''] of text.matchAll(/(?:from|import\() ?'(\.[^']+\.(?:ts|js))'/g))
        visit(join(dirname(file), path));
      // A package of this project is a link to its folder.
      for (const [, name = '', path = ''] of text.matchAll(/from '@kvstore\/(\w+)\/([^']+)'/g))
        visit(join(name, 'src', path));
    };
    visit(program);
    t.true(seen.has('core/src/problem.ts') || seen.has('etcd/src/schema.ts'), 'packages of this project are followed');
  }
});
