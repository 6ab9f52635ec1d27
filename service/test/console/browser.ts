/** A real Chromium, one for a test file; each test has a window of its own. */
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import { set } from '../support/call.ts';
import { type Service, type ServiceOptions, startService } from '../support/start-service.ts';
import type { StoreKind } from '../support/store-kinds.ts';

let browser: Promise<Browser> | undefined;

test.after.always('end the browser', async () => {
  await (await browser)?.close();
});

export interface Opened {
  readonly page: Page;
  readonly service: Service;
  /** Writes as another client does. */
  put(pairs: object | string, headers?: Record<string, string>): Promise<void>;
  /** What the page complained about: errors of scripts, what the policy refused, requests to elsewhere. */
  readonly complaints: readonly string[];
}

export interface OpenOptions extends ServiceOptions {
  /** What the store holds before the page is opened. */
  readonly pairs?: object | string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
  /** Looks at the page's requests, or changes them, before it is opened. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** The console of a new service. */
export async function openConsole(t: ExecutionContext, kind: StoreKind, options: OpenOptions = {}): Promise<Opened> {
  const service = await startService(t, kind, options);
  const put = async (pairs: object | string, headers = options.headers ?? {}) => {
    const answer = await set(service, pairs, { headers });
    if (answer.status !== 200) throw new Error(answer.text);
  };
  if (options.pairs !== undefined) await put(options.pairs);
  // A container has no user namespaces for the browser's sandbox; it opens nothing but this service.
  browser ??= chromium.launch({ executablePath: needBinary('chromium'), args: ['--no-sandbox'] });
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 } });
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints: string[] = [];
  const origin = `http://127.0.0.1:${service.port}`;
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Chromium prints each answer that is an error as one; those are the tests' matter.
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) complaints.push(`asked ${request.url()}`);
  });
  await options.before?.(page);
  await page.goto(`${origin}${options.target ?? '/ui'}`);
  return { page, service, put, complaints };
}

/** Parts of the page, as a person finds them. */
export const parts = {
  option: (page: Page, name: string) => page.getByRole('option', { name, exact: true }),
  value: (page: Page) => page.getByRole('textbox', { name: 'Value, as JSON' }).first(),
  /** What the value's editor holds: its elements are only the lines in view. */
  text: async (page: Page, id = 'text') => String(await page.evaluate(`document.querySelector('#${id}').value`)),
  save: (page: Page) => page.getByRole('button', { name: 'Save', exact: true }),
  conflict: (page: Page) => page.getByRole('alert').filter({ hasText: 'Changed meanwhile' }),
};
