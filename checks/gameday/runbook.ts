/** The commands of docs/runbooks.md, run as a person on call would: copied, with the placeholders filled in. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { stepsOf } from '../../test-support/project/documented-steps.ts';

const page = new URL('../../docs/runbooks.md', import.meta.url);

export type Part = 'Check' | 'Do' | 'After';

/** The blocks of commands in one part of an alert's section. Throws Error when there is no such section. */
export async function commandsOf(alert: string, part: Part): Promise<string[]> {
  const section = (await sections()).get(alert);
  if (section === undefined) throw new Error(`docs/runbooks.md has no section ${alert}`);
  const text = section.split(/^(?=\*\*[A-Z][a-z]+\*\*)/m).find((each) => each.startsWith(`**${part}**`)) ?? '';
  return stepsOf(text);
}

export interface Wanted {
  readonly alert: string;
  readonly part: Part;
  readonly pattern: RegExp;
  /** The whole block of commands that it is in, not the one line. */
  readonly isBlock: boolean;
}

/** The command that the pattern matches. Throws Error unless there is exactly one. */
export async function commandWith({ alert, part, pattern, isBlock }: Wanted): Promise<string> {
  const blocks = await commandsOf(alert, part);
  const found = (isBlock ? blocks : blocks.flatMap(linesOf)).filter((each) => pattern.test(each));
  const [command] = found;
  if (command === undefined || found.length > 1) {
    throw new Error(`${found.length} commands of ${alert}, ${part} match ${pattern}`);
  }
  return command;
}

/** Lines, each with those that a backslash continues. */
function linesOf(block: string): string[] {
  return block
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

async function sections(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(page, 'utf8');
  return new Map(text.split(/^## /m).map((each) => [each.split('\n', 1)[0] ?? '', `${each}\n`]));
}

export interface Shell {
  readonly namespace: string;
  readonly name: string;
  /** The label `pod` of the alert, where it has one. */
  readonly pod: string;
  /** Where the commands run; it has `config`, as a checkout of this repository has. */
  readonly folder: string;
}

export interface Ran {
  readonly command: string;
  /** 0: it succeeded. */
  readonly code: number;
  readonly output: string;
}

/**
 * Runs commands with the variables and functions that the page's "Before you start" sets. 6 minutes at the most. Of
 * commands in a pipe the last decides, as in a shell.
 * @param editor what stands for the person in `kubectl edit`: gets the file's name as its argument
 */
export async function runAsWritten(commands: string, shell: Shell, editor = 'false'): Promise<Ran> {
  const beginning = (await stepsOfBeginning()).find((each) => each.includes('in_etcd()')) ?? '';
  const [define = ''] = beginning.split('\n').filter((line) => line.startsWith('in_etcd()'));
  const script = `NS=${shell.namespace} NAME=${shell.name} POD=${shell.pod}\n${define}\n${commands}`;
  const options = {
    timeout: 360_000,
    maxBuffer: 1 << 26,
    cwd: shell.folder,
    env: { ...process.env, KUBE_EDITOR: editor },
  };
  try {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], options);
    return { command: commands, code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { command: commands, code: typeof code === 'number' ? code : 1, output: stdout + stderr };
  }
}

async function stepsOfBeginning(): Promise<string[]> {
  return stepsOf((await sections()).get('Before you start') ?? '');
}
