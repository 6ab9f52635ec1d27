/** The generated part of docs/alerts.md: every alert with the reasons for its urgency and its windows, and all numbers. */
import { alertsWith } from './alerts/all.ts';
import { defaults, names, type ThresholdName, thresholds } from './alerts/thresholds.ts';

export function alertsDoc(): string {
  return [
    '## Every alert',
    table(
      ['alert', 'urgency', 'waits', 'numbers'],
      alertsWith(defaults).map(({ name, reason, for: duration, wait }) => {
        const link = `[${name}](runbooks.md#${name.toLowerCase()})`;
        return [
          link,
          reason,
          `${duration}. ${wait}`,
          usedBy(name)
            .map((each) => `\`${each}\``)
            .join(', ') || 'none',
        ];
      }),
    ),
    '## Every number',
    table(
      ['threshold', 'default', 'meaning'],
      names.map((name) => [`\`${name}\``, String(thresholds[name].default), thresholds[name].meaning]),
    ),
  ].join('\n\n');
}

/** The thresholds that change an alert's expression. */
function usedBy(alert: string): readonly ThresholdName[] {
  const marks = Object.fromEntries(names.map((name) => [name, `@${name}@`])) as Record<ThresholdName, string>;
  const expr = alertsWith(marks).find(({ name }) => name === alert)?.expr ?? '';
  return names.filter((name) => expr.includes(marks[name]));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
