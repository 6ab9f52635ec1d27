/** The index of the decisions in docs/adr: made from the files, so that it cannot leave one out. */
import { readdirSync, readFileSync } from 'node:fs';

export const adrFolder = new URL('../../docs/adr/', import.meta.url);

const introduction = `# Decisions

One file a decision that somebody may want to undo: its context, what was decided, and what follows. Numbers are given in
tens by subject, so the holes are not missing files. A decision that does not hold any more stays, and its status names
the one that took its place. \`npm run docs\` makes this page.
`;

interface Decision {
  readonly number: string;
  readonly title: string;
  /** `accepted, 2026-11-25; superseded by …`, as one line. */
  readonly status: string;
}

/** @throws when it begins in another way than the others. */
export function parseDecision(name: string, text: string): Decision {
  const [, number, title, status] =
    /^# (\d{4}) (\S.*)\n\nStatus: (\w+, \d{4}-\d\d-\d\d[.;][\s\S]*?)\n\n/.exec(text) ?? [];
  if (number === undefined || title === undefined || status === undefined || !name.startsWith(`${number}-`)) {
    throw new Error(`${name} does not begin with "# NUMBER TITLE" and "Status: accepted, DATE."`);
  }
  return { number, title, status: status.replaceAll('\n', ' ').replace(/\.$/, '') };
}

export function adrIndex(): string {
  const names = readdirSync(adrFolder).filter((name) => /^\d/.test(name));
  const lines = names.toSorted().map((name) => {
    const { number, title, status } = parseDecision(name, readFileSync(new URL(name, adrFolder), 'utf8'));
    return `- [${number}](${name}) ${title} (${status})`;
  });
  return `${introduction}\n${lines.join('\n')}\n`;
}
