/** A status as people and as programs read it, and what its exit code is. */
import { CliError, type ExitCode, exitCodes } from '../exit-codes.ts';
import type { Status } from './look.ts';

/** 0: a read succeeds, and nothing that is known speaks against it: not ready, damage, a lost data folder. */
export function exitCodeOf({ ready, read, damage, folderLost }: Status): ExitCode {
  if (!read.ok && read.error instanceof CliError && read.error.exitCode === exitCodes.denied) return exitCodes.denied;
  const isDamaged = (damage ?? 0) > 0 || folderLost === true;
  return ready !== false && read.ok && !isDamaged ? exitCodes.ok : exitCodes.failure;
}

/** @param now Unix milliseconds */
export function statusText(status: Status, now: number): string {
  const { ready, problem, read, process, damage, folderLost } = status;
  const { mode, version, pairs, behind, startedAt } = process ?? {};
  const rows: readonly (readonly [name: string, value: string | undefined])[] = [
    ['ready', ready === true ? 'yes' : `${ready === false ? 'no' : 'unknown'}: ${problem}`],
    ['read', read.ok ? `succeeds, ${read.milliseconds} ms` : `fails: ${read.error.message}`],
    ['mode', behind === undefined || behind === 0 ? mode : `${mode}, ${behind} revisions behind`],
    ['version', version],
    ['revision', read.ok ? read.version : undefined],
    ['pairs', pairs === undefined ? undefined : String(pairs)],
    ['since', startedAt === undefined ? undefined : `${iso(startedAt)} (${age(now - startedAt)})`],
    ['damage', (damage ?? 0) === 0 ? undefined : `${damage} reads met damage: docs/damage.md`],
    ['data folder', folderLost === true ? 'LOST: export before you restart, docs/damage.md' : undefined],
    ['metrics', process === undefined ? 'not served here, so damage is unknown; --metrics-url says where' : undefined],
  ];
  return rows.map(([name, value]) => (value === undefined ? '' : `${name.padEnd(12)}${value}\n`)).join('');
}

/** A line of JSON; what is not known is left out. */
export function statusJson(status: Status): string {
  const { ready, problem, read, process, damage, folderLost } = status;
  const { startedAt, ...known } = process ?? {};
  const result = {
    healthy: exitCodeOf(status) === exitCodes.ok,
    ready,
    problem,
    read: read.ok ? { ok: true, milliseconds: read.milliseconds } : { ok: false, error: read.error.message },
    revision: read.ok ? read.version : undefined,
    ...known,
    since: startedAt === undefined ? undefined : iso(startedAt),
    metrics: process !== undefined,
    damage,
    folderLost,
  };
  return `${JSON.stringify(result)}\n`;
}

const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** The two largest units. */
function age(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000));
  const parts = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ].map(([unit, seconds]) => {
    const count = Math.floor(rest / Number(seconds));
    rest -= count * Number(seconds);
    return { count, text: `${count} ${unit}` };
  });
  const first = Math.max(
    0,
    parts.findIndex(({ count }) => count > 0),
  );
  if (parts.every(({ count }) => count === 0)) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ text }) => text)
    .join(' ');
}
