/**
 * The client that openapi-generator makes for TypeScript's fetch. It comes as a jar, by Maven: from the registry and into the
 * cache that Maven's own settings name.
 */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Round } from './languages.ts';
import { program } from './program.ts';
import { retried } from './retry.ts';

const generator = { name: 'openapi-generator-cli', version: '7.25.0' };
const copyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const typescript = 'typescript@5.9.3';
const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Needs Java 11 or later, Maven and npm. */
export async function typescriptFetch({ folder: cwd, description, url }: Round): Promise<void> {
  await writeFile(join(cwd, 'package.json'), '{"type":"commonjs","private":true}');
  const { name, version } = generator;
  const artifact = `org.openapitools:${name}:${version}:jar`;
  const copy = [`${copyPlugin}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${cwd}`];
  await retried(name, () => program('mvn', ['--quiet', '--batch-mode', ...copy], { cwd }));
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];
  await retried(typescript, () => program('npm', ['install', ...flags, typescript], { cwd }));

  await mkdir(join(cwd, 'src'));
  const jar = join(cwd, `${name}-${version}.jar`);
  const output = ['-i', description, '-o', join(cwd, 'src', 'client')];
  await program('java', ['-jar', jar, 'generate', '-g', 'typescript-fetch', ...output], { cwd });
  await copyFile(own('round-fetch.cts'), join(cwd, 'src', 'round.cts'));
  const strict = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom', '--outDir', 'dist'];
  const types = ['--types', 'node', '--typeRoots', own('../../node_modules/@types'), '--skipLibCheck'];
  await program(process.execPath, [tscOf(cwd), ...strict, ...types, join('src', 'round.cts')], { cwd });
  await program(process.execPath, [join('dist', 'round.cjs'), url], { cwd });
}

function tscOf(folder: string): string {
  return join(folder, 'node_modules', 'typescript', 'bin', 'tsc');
}
