/** A process that is killed while it writes loses nothing that it acknowledged. */
import { Agent, request } from 'node:http';
import test from 'ava';
import { seededRandom } from '../../../test-support/seeded-random.ts';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';

const kills = 100;
const writers = 8;

test('kill -9 at any moment: acknowledged pairs stay, sets are all or none, revisions never go back', async (t) => {
  t.timeout(540_000);
  const seed = Number(process.env.KILL_SEED ?? Math.floor(Math.random() * 2 ** 31));
  t.log(`KILL_SEED=${seed}`);
  const random = seededRandom(seed);
  const env = { KV_DATA_DIR: temporaryFolder(t) };

  /** What each writer was told is stored. */
  const acknowledged = Array.from({ length: writers }, () => 0);
  /** What each writer may have stored without having been told. */
  const sent = Array.from({ length: writers }, () => 0);
  let newest = 0;
  let acknowledgements = 0;
  let unanswered = 0;

  for (let round = 0; round <= kills; round++) {
    const service = await startService(t, { env });
    const answer = await fetch(`${service.url}/`);
    const revision = revisionOf(answer.headers.get('etag') ?? '');
    const stored = (await answer.json()) as Record<string, { n: number; pad: string }>;
    if (revision < newest) return t.fail(`round ${round}: revision ${revision} after ${newest} was acknowledged`);
    for (let writer = 0; writer < writers; writer++) {
      const values = [0, 1, 2].map((part) => stored[`w${writer}/${part}`]?.n ?? 0);
      const found = values[0] ?? 0;
      if (values.some((n) => n !== found)) return t.fail(`round ${round}: half a set: ${values}`);
      if (found < (acknowledged[writer] ?? 0) || found > (sent[writer] ?? 0)) {
        return t.fail(`round ${round}: ${found} stored, ${acknowledged[writer]} acknowledged, ${sent[writer]} sent`);
      }
      // What is there now was read by somebody: it stays as well, and the writer goes on from it.
      acknowledged[writer] = found;
      sent[writer] = found;
      // Every set also leaves a pair of its own: none of them may be gone.
      for (let n = Math.max(1, found - 400); n <= found; n++) {
        if (stored[`w${writer}/at/${n % 400}`] === undefined) return t.fail(`round ${round}: pair ${n} is lost`);
      }
      const own = stored[`w${writer}/at/${found % 400}`];
      if (found > 0 && own?.n !== found) return t.fail(`round ${round}: the newest pair is ${own?.n}, not ${found}`);
      if (found > 0 && own?.pad.length !== padOf(found).length) return t.fail(`round ${round}: a value is cut`);
    }
    newest = revision;
    if (round === kills) {
      await service.stop('SIGKILL');
      break;
    }

    const agent = new Agent({ keepAlive: true });
    const work = acknowledged.map(async (_, writer) => {
      for (let n = (sent[writer] ?? 0) + 1; ; n++) {
        sent[writer] = n;
        const value = { n, pad: padOf(n) };
        const pairs = Object.fromEntries([0, 1, 2].map((part) => [`w${writer}/${part}`, { n }]));
        const written = await post(
          agent,
          service.url,
          JSON.stringify({ ...pairs, [`w${writer}/at/${n % 400}`]: value }),
        );
        if (written === undefined) {
          unanswered++;
          return;
        }
        acknowledged[writer] = n;
        acknowledgements++;
        newest = Math.max(newest, written);
      }
    });
    // Random, so that every stage of a commit is met; some kills come before the first commit.
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    await service.stop('SIGKILL');
    await Promise.all(work);
    agent.destroy();
  }
  t.log(`${kills} kills, ${acknowledgements} acknowledged sets, ${unanswered} unanswered ones`);
  t.true(acknowledgements > kills);
  t.true(unanswered > 0);
});

/** Up to 6 KiB, so that some values need pages of their own. */
function padOf(n: number): string {
  return 'x'.repeat((n * 997) % 6000);
}

/** The revision, or undefined when no answer came. */
function post(agent: Agent, url: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(`${url}/set`, { agent, method: 'POST' }, (response) => {
      response.resume();
      response.on('error', () => {});
      if (response.statusCode === 200) resolve(revisionOf(response.headers.etag ?? ''));
      else reject(new Error(`answered with ${response.statusCode}`));
    });
    call.on('error', () => resolve(undefined));
    call.end(body);
  });
}

function revisionOf(etag: string): number {
  return Number(/-(\d+)"$/.exec(etag)?.[1]);
}
