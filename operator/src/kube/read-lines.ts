/**
 * The lines of a byte stream, without their ends; an unfinished last line is dropped, as a cut-off watch leaves one.
 * @param onBytes called whenever something arrived
 */
export async function* readLines(stream: ReadableStream<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pending: string[] = [];
  for await (const bytes of stream) {
    onBytes();
    const parts = decoder.decode(bytes, { stream: true }).split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) {
      pending.push(part);
      const line = pending.join('');
      pending = [];
      if (line !== '') yield line;
    }
    if (rest !== '') pending.push(rest);
  }
}
