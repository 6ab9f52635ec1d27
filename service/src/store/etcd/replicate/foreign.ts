/** Reports keys and values under the prefix that are no pairs: counted each time, logged now and then. */
import type { EtcdMetrics } from '../etcd-metrics.ts';
import type { Log } from '../options.ts';
import type { OnForeign } from './changes.ts';

/** Lines in the log that one process writes about them; the metric counts on. */
const maxLines = 20;

export function foreignReporter(log: Log, metrics: EtcdMetrics): OnForeign {
  let lines = 0;
  return (etcdKey, why) => {
    metrics.foreign.inc();
    if (lines++ >= maxLines) return;
    const rest = lines === maxLines ? ' Further ones are only counted.' : '';
    log.warn(
      { etcdKey: printable(etcdKey.toString().slice(0, 200)) },
      `Skipped something in etcd that is ${why}.${rest}`,
    );
  };
}

/** Terminals and what collects logs make new lines, or worse, of more characters than JSON escapes. */
function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
