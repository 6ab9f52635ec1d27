/** Baseline: Koa with @koa/router over a Map. A search looks at every key, a dump makes its JSON anew. */
import Router from '@koa/router';
import Koa from 'koa';
import { keyOf, value } from '../data.ts';

const [, , pairs = '0', port = '0'] = process.argv;
const store = new Map<string, string>();
for (let i = 0; i < Number(pairs); i++) store.set(keyOf(i), JSON.parse(value));

const router = new Router();
router.get('/', (ctx) => {
  ctx.body = JSON.stringify(Object.fromEntries(store));
  ctx.type = 'json';
});
router.get('/get/:key', (ctx) => {
  const found = store.get(ctx.params.key ?? '');
  if (found === undefined) return;
  ctx.body = JSON.stringify(found);
  ctx.type = 'json';
});
router.get('/search', (ctx) => {
  const { prefix = '', suffix = '' } = ctx.query as Record<string, string>;
  ctx.body = [...store.keys()].filter((key) => key.startsWith(prefix) && key.endsWith(suffix));
});
new Koa().use(router.routes()).use(router.allowedMethods()).listen(Number(port), '127.0.0.1');
