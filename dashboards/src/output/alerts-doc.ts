/** The generated part of docs/alerts.md: every alert with the reasons for its urgency and its windows, and all numbers. */
import { alertsWith } from '../alerts/all.ts';
import { byName, names, type ThresholdName, thresholds } from '../alerts/thresholds.ts';

/** Stands in an expression where the alert compares with the threshold. */
const mark = (name: ThresholdName) => `@${name}@`;

export function alertsDoc(): string {
  const marked = alertsWith(byName(mark));
  return [
    '## Every alert',
    table(
      ['alert', 'urgency', 'waits', 'numbers'],
      marked.map(({ name, reason, for: duration, wait, expr }) => {
        const link = `[${name}](runbooks.md#${name.toLowerCase()})`;
        const used = names.filter((each) => expr.includes(mark(each)));
        return [link, reason, `${duration}. ${wait}`, used.map((each) => `\`${each}\``).join(', ') || 'none'];
      }),
    ),
    '## Every number',
    table(
      ['threshold', 'default', 'meaning'],
      names.map((name) => [`\`${name}\``, String(thresholds[name].default), thresholds[name].meaning]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
