/** The commands that a page of docs/ gives, for tests that do what it says. */
import { readFile } from 'node:fs/promises';

/** The indented blocks of a section, in their order. Throws when there is none. */
export async function documentedSteps(page: string, title: string): Promise<string[]> {
  const text = await readFile(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const steps = stepsOf(text.split(/^## /m).find((each) => each.startsWith(`${title}\n`)) ?? '');
  if (steps.length === 0) throw new Error(`No commands in "${title}" of docs/${page}`);
  return steps;
}

/** The indented blocks of a text, in their order. */
export function stepsOf(text: string): string[] {
  return [...text.matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([block]) => {
    // In a list by 7, else by 4.
    const [indentation = ''] = /^ {4,7}/m.exec(block) ?? [];
    return block.replaceAll(new RegExp(`^${indentation}`, 'gm'), '');
  });
}
