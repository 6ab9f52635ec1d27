/** docs/gameday.md: a table of all scenarios, and what each of them showed. A pure function of the results. */
import type { Measured, Scenario } from './scenario.ts';

const head = `# Game day

Ways in which a store breaks, each tried on a real cluster: which alert fires and after how long, what the dashboard shows,
and whether the commands of [runbooks.md](runbooks.md) end it. \`npm run gameday\` breaks the stores, runs the commands as
they are written, and writes this page.

    npm run gameday -- --at-once=4                       # all, some 50 minutes
    npm run gameday -- --only=overload,quorum-lost       # these; the results of the others stay
    npm run gameday -- --longest-wait=0                  # with the waits of the product's rules, up to an hour

It needs a test cluster with the images, as [the end-to-end tests](kubernetes.md#the-end-to-end-tests) do, and Prometheus on
your machine (any version: pods are found through \`kubectl\`). Each scenario has a KvStore in a namespace of its own, which
is deleted afterwards. \`leader-cut-off\`, \`disk-slow\` (with strace there) and \`volume-\` also need \`KV_E2E_NODE\`, a command
that runs another one on the node; \`clock-wrong\` needs Kubernetes 1.36. What a cluster cannot play is named and left out.

**How it is measured.** Prometheus scrapes the pods through the API server and evaluates the rules of
[dashboards](../dashboards/README.md) every 5 s. An alert waits as long as the product's rule says, or for
5 minutes where the column "waits" has both numbers. "Fires" counts from the fault, "over" from the first command of the
runbook. A client sends each store a read or a write, and the next one 200 ms after its answer. "Failed" are those that ended
with a 5xx or without an answer between the fault and the first command. Where the load of the machine had made an alert pending
before the fault, it fires sooner than it waits.

**What is not played.** The clock of a whole node: all of a test cluster and its Prometheus share one, and so
\`clock-wrong\` moves that of one pod. A full disk of the embedded store: no KvStore has one;
\`service/test/store/disk-full.test.ts\` fills a real one, and its 507s fire
[KvStoreAvailabilityBurnFast](runbooks.md#kvstoreavailabilityburnfast). promtool tests all other alerts, and all waits, with
series that are written down (\`dashboards/test/rules.test.ts\`).
`;

export function pageOf(results: readonly Measured[], scenarios: readonly Scenario[]): string {
  const played = scenarios.flatMap((scenario) => {
    const measured = results.find(({ name }) => name === scenario.name);
    return measured === undefined ? [] : [{ scenario, measured }];
  });
  const rows = played.map(({ scenario: { name, title, alert }, measured }) => [
    `[${title}](#${name})`,
    runbookLink(alert),
    waitOf(measured),
    duration(measured.firedAfter),
    `${measured.failed} of ${measured.requests}`,
    duration(measured.overAfter),
  ]);
  const table = [['what is broken', 'alert', 'waits', 'fires', 'failed', 'over'], Array(6).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  return `${head}\n${machineOf(results)}\n\n${table}\n\n${unplayed(scenarios, played)}${played.map(sectionOf).join('\n')}`;
}

interface Played {
  readonly scenario: Scenario;
  readonly measured: Measured;
}

function unplayed(scenarios: readonly Scenario[], played: readonly Played[]): string {
  const rest = scenarios.filter((scenario) => !played.some((each) => each.scenario === scenario));
  if (rest.length === 0) return '';
  return `Not measured yet: ${rest.map(({ name, title }) => `\`${name}\` (${title})`).join('; ')}.\n\n`;
}

function machineOf(results: readonly Measured[]): string {
  const loads = results.map(({ load }) => load).sort((a, b) => a - b);
  const dates = [...new Set(results.map(({ date }) => date))].sort();
  const [cores = 0] = results.map((each) => each.cores);
  if (loads.length === 0) return 'Nothing has been measured yet.';
  const between = `${loads[0]?.toFixed(1)} to ${loads.at(-1)?.toFixed(1)}`;
  return `Measured on ${dates.join(' and ')}, on ${cores} cores that other work shared: the load average was ${between} when the alerts
fired. Several scenarios ran at a time.`;
}

function sectionOf({ scenario: { name, how, alert }, measured }: Played): string {
  const { firedAfter, others, panels, failedChecks, commands, settledAfter, note } = measured;
  const otherAlerts = Object.entries(others).map(([other, after]) => `${runbookLink(other)} after ${duration(after)}`);
  const lines = [
    `- **Fault:** ${how}`,
    `- **Alerts:** ${[`${runbookLink(alert)} after ${duration(firedAfter)}`, ...otherAlerts].join('; ')}.`,
    `- **Dashboard:** ${panels.length === 0 ? 'no panel changed its colour' : panels.map((panel) => panel.replace(': ', ', "').replace(' = ', '": ')).join('; ')}.`,
    ...(failedChecks.length === 0
      ? []
      : [
          `- **Checks that ended with an error** (of several commands, the last one did): ${failedChecks.map(code).join('; ')}.`,
        ]),
    `- **Settled:** Ready with nothing under way ${duration(settledAfter)} after the first command.`,
    ...(note === undefined ? [] : [`- **Note:** ${note}`]),
    '- **Commands:**',
  ];
  const block = commands.flatMap((command) => command.split('\n')).map((line) => `      ${line.trim()}`);
  return `## ${name}\n\n${lines.join('\n')}\n\n${block.join('\n')}\n`;
}

const code = (commands: string) =>
  commands
    .split('\n')
    .map((command) => `\`${command}\``)
    .join(', ');
const runbookLink = (alert: string) => `[${alert}](runbooks.md#${alert.toLowerCase()})`;

function waitOf({ wait, productWait }: Measured): string {
  return wait === productWait ? duration(wait) : `${duration(wait)} (of ${duration(productWait)})`;
}

/** Such as `5m 10s`. */
export function duration(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const parts = [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes}m` : '', rest > 0 ? `${rest}s` : ''];
  return parts.filter((part) => part !== '').join(' ') || '0s';
}
