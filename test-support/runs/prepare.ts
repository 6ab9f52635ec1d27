/**
 * Runs before the tests: finds the real programs they start, or builds what is missing when there is Go. Without them
 * some tests are left out; in continuous integration (CI=true) that is a failure.
 */
import { scriptArguments } from '../arguments.ts';
import { type BinaryName, binaryNames, findBinary, optionalNames, packagedNames } from '../programs/binaries.ts';
import { buildBinary, hasGo } from '../programs/build-binary.ts';
import { skips } from './skips.ts';

scriptArguments({});
const report = (line: string) => console.error(line);
const missing: BinaryName[] = [];
const canBuild = await hasGo();
for (const name of binaryNames) {
  const found = findBinary(name);
  if (found !== undefined) report(`${name}: ${found}`);
  else if (!canBuild) missing.push(name);
  else {
    await buildBinary(name, report).catch((error: unknown) => {
      report(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      missing.push(name);
    });
  }
}

for (const name of packagedNames) {
  const found = findBinary(name);
  if (found === undefined) missing.push(name);
  else report(`${name}: ${found}`);
}

for (const name of optionalNames) {
  report(`${name}: ${findBinary(name) ?? `MISSING, Debian's package ${name}: its tests are SKIPPED`}`);
}

if (missing.length > 0) {
  report('');
  report(
    `*** MISSING: ${missing.join(', ')}. Put them into the PATH or into KUBEBUILDER_ASSETS, or install Go (prometheus, promtool: Debian's package prometheus; openssl, chromium, wrk, python3: their own; java, mvn: maven). ***`,
  );
  for (const skip of skips()) report(`*** SKIPPED for want of ${skip.missing.join(', ')}: ${skip.files} ***`);
  report('');
  if (process.env.CI === 'true') process.exitCode = 1;
}
