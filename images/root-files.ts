/**
 * Makes the root of an image that has programs and nothing else: no shell, no package manager. It gets the files with the
 * shared libraries that they load, the list of users, a folder for temporary files, and, for those who scan images and
 * read licences, what Debian says of the packages that the libraries are from.
 * Usage: node images/root-files.ts ROOT FILE...
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The loader and the libraries of a program or module, as paths. */
export function librariesOf(file: string): readonly string[] {
  return [...execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/(?:=> |^\s+)(\/\S+) \(0x/gm)].map(
    ([, path = '']) => path,
  );
}

/** @param files that are copied to the same paths, with what they load; those in the application's folder are there already */
export function makeRoot(root: string, files: readonly string[]): void {
  const libraries = new Set(files.flatMap(librariesOf));
  for (const path of [...libraries, ...files.filter((file) => file.startsWith('/'))]) copyInto(root, path);
  mkdirSync(join(root, 'tmp'), { recursive: true });
  chmodSync(join(root, 'tmp'), 0o1777);
  write(root, 'etc/passwd', 'root:x:0:0:root:/:/nologin\nnode:x:1000:1000:node:/tmp:/nologin\n');
  write(root, 'etc/group', 'root:x:0:\nnode:x:1000:\n');
  // Without it, the names in /etc/hosts are asked of DNS first.
  write(root, 'etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  for (const file of ['/etc/os-release', '/usr/local/LICENSE']) if (existsSync(file)) copyInto(root, file);
  for (const name of packagesOf([...libraries])) {
    write(root, `var/lib/dpkg/status.d/${name}`, execFileSync('dpkg-query', ['--status', name], { encoding: 'utf8' }));
    const copyright = `/usr/share/doc/${name}/copyright`;
    if (existsSync(copyright)) copyInto(root, copyright);
  }
}

/** Names of the Debian packages that have the files; none on another system. */
function packagesOf(paths: readonly string[]): readonly string[] {
  const found = paths.flatMap((path) => {
    try {
      // Debian's list may have /lib where the system says /usr/lib.
      const text = execFileSync('dpkg-query', ['--search', `*/${basename(path)}`], { encoding: 'utf8', stdio: 'pipe' });
      return [...text.matchAll(/^([a-z0-9][a-z0-9+.-]*)(?::\w+)?: /gm)].map(([, name = '']) => name);
    } catch {
      return [];
    }
  });
  return [...new Set(found)];
}

/** What a link leads to, under the link's path. */
function copyInto(root: string, path: string): void {
  const to = join(root, path);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(realpathSync(path), to);
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

if (import.meta.main) {
  const [root, ...files] = process.argv.slice(2);
  if (root === undefined || files.length === 0) throw new Error('Usage: root-files.ts ROOT FILE...');
  makeRoot(root, files);
}
