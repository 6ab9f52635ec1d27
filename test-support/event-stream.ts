/** A client of server-sent events, as simple as a test needs: blocks of fields, whole ones only. */

export interface ServerEvent {
  /** `message` when the server named none. */
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

/**
 * The blocks of an answer, those without data too (they may carry an id), as they come. Ends with the connection,
 * however it ends; a block that was cut off is dropped. Throws when the answer is not 200.
 */
export async function* eventsOf(url: string, lastEventId: string | undefined, signal: AbortSignal) {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
  const response = await fetch(url, { headers, signal });
  if (response.status !== 200 || response.body === null)
    throw new Error(`${response.status}: ${await response.text()}`);
  let text = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) yield parse(block);
    }
  } catch {
    // The connection broke, or the signal came.
  }
}

function parse(block: string): ServerEvent {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: fields.get('data') ?? '' };
}
