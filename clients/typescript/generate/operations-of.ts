import { comment, nameOf, typeOf, type Schema } from './types-of.js';

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
  readonly required?: boolean;
  readonly description?: string;
}

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

const KEY_HEADER = 'Idempotency-Key';

/**
 * Calls by POST that may be sent twice although they carry no key: one changes nothing, of the other each command
 * carries a key of its own. Any other POST without a key is sent again only where the ledger said it did nothing.
 */
const REPEATABLE = new Set(['check', 'batch']);

/** One method: what the path needs, then the body, then the query, then how to call. */
export function methodOf(
  verb: string,
  path: string,
  operation: Operation,
  schemas: Readonly<Record<string, Schema>>,
): string {
  const { operationId, parameters = [], requestBody } = operation;
  const inPath = parameters.filter(parameter => parameter.in === 'path');
  const inQuery = parameters.filter(parameter => parameter.in === 'query');
  const keyed = parameters.some(parameter => parameter.in === 'header' && parameter.name === KEY_HEADER);
  const repeatable = verb !== 'post' || keyed || REPEATABLE.has(operationId);
  const body = requestBody?.content?.['application/json']?.schema;

  const takes = inPath.map(({ name }) => `${name}: string`);
  if (body !== undefined)
    takes.push(requestBody!.required ? `request: ${typeOf(body)}` : `request: ${typeOf(body)} = {}`);
  if (inQuery.length > 0) takes.push(`query: ${queryType(inQuery)}${inQuery.some(isRequired) ? '' : ' = {}'}`);
  takes.push(`options: ${keyed ? 'KeyedCallOptions' : 'CallOptions'} = {}`);

  const answer = answerOf(operation);
  const item = itemOf(answer, schemas);
  const gives = item === undefined ? `Promise<${answer === undefined ? 'void' : typeOf(answer)}>` : `List<${item}>`;
  const call = [
    `method: '${verb.toUpperCase()}'`,
    `path: ${pathTemplate(path)}`,
    ...(body === undefined ? [] : ['body: request']),
    ...(inQuery.length === 0 ? [] : ['query']),
    ...(keyed ? ['keyed: true'] : []),
    `repeatable: ${repeatable}`,
  ];
  const through = item === undefined ? 'this.caller.call' : 'new List(this.caller, ';
  const ends = item === undefined ? '(' : '';
  const sentences = [operation.summary, operation.description].filter(text => text !== undefined);
  const words = sentences.map(text => (text.endsWith('.') ? text : `${text}.`)).join(' ');
  return `${comment(words === '' ? undefined : words)}${operationId}(${takes.join(', ')}): ${gives} {
  return ${through}${ends}{ ${call.join(', ')} }, options);
}`;
}

/** Every code that the document names, from the descriptions of refusals. */
export function codesOf(operations: readonly Operation[]): string[] {
  const codes = operations.flatMap(({ responses }) =>
    Object.entries(responses)
      .filter(([status]) => Number(status) >= 400)
      .flatMap(([, { description = '' }]) => [...description.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code!)),
  );
  return [...new Set(codes)].sort();
}

function answerOf({ operationId, responses }: Operation): Schema | undefined {
  const [success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  if (success === undefined) throw new Error(`${operationId}: no successful answer is described`);
  const { content } = responses[success]!;
  if (content === undefined) return undefined;
  const json = content['application/json'];
  if (json === undefined) throw new Error(`${operationId}: only answers in JSON can be typed`);
  return json.schema;
}

/** The type of a list's items, where the answer is a page of a list. */
function itemOf(answer: Schema | undefined, schemas: Readonly<Record<string, Schema>>): string | undefined {
  if (answer?.$ref === undefined) return undefined;
  const { data, has_more: hasMore, next_cursor: nextCursor } = schemas[nameOf(answer.$ref)]?.properties ?? {};
  if (data?.items === undefined || hasMore === undefined || nextCursor === undefined) return undefined;
  return typeOf(data.items);
}

function queryType(parameters: readonly Parameter[]): string {
  return typeOf({
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
    required: parameters.filter(isRequired).map(({ name }) => name),
  });
}

function isRequired({ required }: Parameter): boolean {
  return required === true;
}

function pathTemplate(path: string): string {
  const template = path.replace(/\{(\w+)\}/g, "${segment('$1', $1)}");
  return template === path ? `'${path}'` : `\`${template}\``;
}
