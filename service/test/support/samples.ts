import { call } from './call.ts';
import type { Service } from './start-service.ts';

/** The value of each series, as it is scraped. */
export async function samples(service: Service): Promise<Map<string, number>> {
  const { text } = await call(service, '/metrics');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}
