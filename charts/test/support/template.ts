/** As much of Helm's template language as the chart uses; anything else is an error. */

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly expression: string }
  | {
      readonly kind: 'if' | 'range';
      readonly path: string;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** `.` and `$`: the present item of a range, and everything. */
interface Scope {
  readonly dot: unknown;
  readonly root: unknown;
}

/** @throws Error for a value that is not there, and for what is no part of the language known here */
export function renderTemplate(template: string, values: object): string {
  // An odd part is what stands between braces; a dash takes the white space on its side away.
  const parts = template.split(/(?:\s*\{\{-|\{\{)(.*?)(?:-\}\}\s*|\}\})/s);
  const reader = { at: 0, parts };
  const nodes = parse(reader);
  if (reader.at < parts.length) throw new Error('an end without a beginning');
  return print(nodes, { dot: values, root: values });
}

function parse(reader: { at: number; readonly parts: readonly string[] }): Node[] {
  const nodes: Node[] = [];
  while (reader.at < reader.parts.length) {
    const part = (reader.parts[reader.at] ?? '').trim();
    const isText = reader.at % 2 === 0;
    if (!isText && (part === 'end' || part === 'else')) return nodes;
    const text = reader.parts[reader.at] ?? '';
    reader.at++;
    const [word = '', path = ''] = part.split(' ');
    if (isText) nodes.push({ kind: 'text', text });
    else if (word === 'if' || word === 'range') nodes.push(parseBlock(reader, word, path));
    else nodes.push({ kind: 'value', expression: part });
  }
  return nodes;
}

function parseBlock(
  reader: { at: number; readonly parts: readonly string[] },
  kind: 'if' | 'range',
  path: string,
): Node {
  const body = parse(reader);
  const hasElse = reader.parts[reader.at]?.trim() === 'else';
  if (hasElse) reader.at++;
  const otherwise = hasElse ? parse(reader) : [];
  if (reader.parts[reader.at]?.trim() !== 'end') throw new Error(`${kind} ${path} has no end`);
  reader.at++;
  return { kind, path, body, otherwise };
}

function print(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => printNode(node, scope)).join('');
}

function printNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'value') return printValue(node.expression, scope);
  const value = lookUp(node.path, scope);
  if (node.kind === 'if') return print(isTrue(value) ? node.body : node.otherwise, scope);
  if (!Array.isArray(value)) throw new Error(`${node.path} is not a list`);
  return value.map((dot: unknown) => print(node.body, { ...scope, dot })).join('');
}

function printValue(expression: string, scope: Scope): string {
  if (/^"[^"\\]*"$/.test(expression)) return expression.slice(1, -1);
  const [first = '', second, ...more] = expression.split(' ');
  if (second === undefined) return String(lookUp(first, scope));
  if (more.length > 0) throw new Error(`This is no part of the template language known here: ${expression}`);
  if (first === 'toJson') return JSON.stringify(lookUp(second, scope));
  throw new Error(`This is no part of the template language known here: ${expression}`);
}

/** As Helm has it: what is empty is false. */
function isTrue(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

function lookUp(path: string, { dot, root }: Scope): unknown {
  const [start, ...names] = path.split('.');
  if (start !== '' && start !== '$') throw new Error(`This is no path: ${path}`);
  let value = start === '$' ? root : dot;
  for (const name of names.filter((each) => each !== '')) {
    value = (value as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) throw new Error(`There is no value ${path}`);
  }
  return value;
}
