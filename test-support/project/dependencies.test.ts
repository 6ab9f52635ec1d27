/** docs/dependencies.md lists what the images hold, with its reason and licence; nothing else comes along unseen. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readJson = (file: string) => JSON.parse(readFileSync(root + file, 'utf8'));

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const manifests = {
  all: 'package.json',
  'etcd client': 'etcd/package.json',
  service: 'service/package.json',
  operator: 'operator/package.json',
  'command line': 'cli/package.json',
};
const locked: Readonly<Record<string, Locked>> = readJson('package-lock.json').packages;
/** All may be passed on in an image together with their texts. */
const permissive =
  /^\(?(MIT|Apache-2\.0|BSD-[23]-Clause|ISC|0BSD|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|PSF-2\.0|Python-2\.0)( (OR|AND) [\w.-]+)*\)?$/;

const rows = [
  ...readFileSync(`${root}docs/dependencies.md`, 'utf8').matchAll(/^\| `(.+?)` \| (.+?) \| (.+?) \| (.+?) \|$/gm),
];

test('each production dependency has a row with its licence, its users and its reason, and no other package has', (t) => {
  const declared = Object.entries(manifests).flatMap(([user, file]) =>
    Object.keys(readJson(file).dependencies ?? {})
      .filter((name) => locked[`node_modules/${name}`]?.link !== true)
      .map((name) => ({ name, user })),
  );
  const names = new Set(declared.map(({ name }) => name));
  t.deepEqual(rows.map(([, name]) => name).sort(), [...names].sort());
  for (const [, name = '', licence, users = '', reason = ''] of rows) {
    t.is(locked[`node_modules/${name}`]?.license, licence, name);
    for (const { user } of declared.filter((each) => each.name === name))
      t.true(users.includes(user), `${name}: ${user}`);
    t.true(reason.length >= 5, name);
  }
});

test('versions are exact', (t) => {
  for (const file of Object.values(manifests)) {
    for (const [name, version] of Object.entries(readJson(file).dependencies ?? {}))
      t.regex(String(version), /^\d+\.\d+\.\d+$/, name);
  }
});

test('everything that an image holds has a permissive licence and a digest', (t) => {
  const shipped = Object.entries(locked).filter(
    ([path, { dev, link }]) => /node_modules\//.test(path) && !dev && !link,
  );
  t.true(shipped.length > 100);
  for (const [path, { license, integrity, version }] of shipped) {
    t.regex(license ?? '', permissive, path);
    t.truthy(version && integrity, path);
  }
});

test('package.json says of each package with an install script whether it may run, and images run none', (t) => {
  const withScript = Object.entries(locked).filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = withScript.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  t.true(names.length > 0);
  t.deepEqual([...new Set(names)].sort(), Object.keys(readJson('package.json').allowScripts).sort());
  for (const file of ['Dockerfile.service', 'Dockerfile.operator']) {
    const installs = readFileSync(root + file, 'utf8').match(/^RUN npm ci .*$/gm) ?? [];
    t.is(installs.length, 1, file);
    for (const install of installs) t.regex(install, / --omit=dev .*--ignore-scripts/, file);
  }
});

test("the first lines that a newcomer with an older Node sees are not npm's warnings of engines", (t) => {
  t.regex(readFileSync(`${root}.npmrc`, 'utf8'), /^loglevel=error$/m);
  // An engine of this project's own that is not met would be an error where engine-strict is set.
  t.is(readJson('package.json').engines.node, '>=20');
});
