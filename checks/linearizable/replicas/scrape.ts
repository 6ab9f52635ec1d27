/** A process's metrics, the value of each series. Rejects when it does not answer within so many milliseconds. */
export async function scrape(url: string, timeout: number): Promise<Map<string, number>> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(timeout) });
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
