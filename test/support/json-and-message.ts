import type { Field, Shape, Value } from '../../src/transport/grpc/message-shapes.js';

export type JsonSchema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
};

type Definitions = Readonly<Record<string, JsonSchema>>;

/**
 * Where a message cannot hold what the JSON says, or has something that no JSON gives.
 * @param besides fields that the message has beside the JSON: what HTTP says in a header, in a path, or around it
 */
export function differences(
  schema: JsonSchema,
  shape: Shape,
  besides: readonly string[],
  definitions: Definitions = schema.$defs ?? {},
  where = shape.name,
): string[] {
  const { properties = {} } = resolve(schema, definitions);
  const fields = new Map(shape.fields.map(field => [field.name, field]));
  const found = Object.entries(properties).flatMap(([name, member]) => {
    const field = fields.get(name);
    fields.delete(name);
    if (field === undefined) return [`${where} lacks ${name}`];
    return fieldDifferences(resolve(member, definitions), field, definitions, `${where}.${name}`);
  });
  const left = [...fields.keys()].filter(name => !besides.includes(name));
  return [...found, ...left.map(name => `no JSON gives ${where}.${name}`)];
}

function fieldDifferences(
  schema: JsonSchema,
  { form, value }: Field,
  definitions: Definitions,
  where: string,
): string[] {
  const isMap = typeof schema.additionalProperties === 'object';
  const expected = schema.type === 'array' ? 'list' : isMap ? 'map' : 'one';
  if (form !== expected) return [`${where} is ${form}, not ${expected}`];
  const one = schema.items ?? (isMap ? (schema.additionalProperties as JsonSchema) : schema);
  const item = resolve(one, definitions);
  const kind = kindOf(item);
  if (value.kind === 'text' && kind === 'word') return [];
  // A text, or one of several objects of one field each.
  if (value.kind === 'message' && value.textTag !== null) {
    const objects = (item.anyOf ?? []).map(one => resolve(one, definitions).properties ?? {});
    const [text] = value.shape.fields;
    return differences({ properties: Object.assign({}, ...objects) }, value.shape, [text!.name], definitions, where);
  }
  if (value.kind !== kind) return [`${where} is ${value.kind}, not ${kind}`];
  if (value.kind === 'message') return differences(item, value.shape, [], definitions, where);
  return value.kind === 'word' ? missingWords(item.enum ?? [], value).map(word => `${where} lacks ${word}`) : [];
}

function kindOf({ type: types, format, enum: words, anyOf }: JsonSchema): Value['kind'] {
  // An amount is answered as text, though a request may have it as an integer.
  if (anyOf !== undefined) return anyOf.some(one => one.type === 'object') ? 'quantity' : 'text';
  const [type] = [types].flat();
  if (words !== undefined) return 'word';
  if (type === 'string') return format === 'date-time' ? 'moment' : 'text';
  return type === 'boolean' ? 'bool' : type === 'object' ? 'message' : 'number';
}

function missingWords(words: readonly string[], value: Extract<Value, { kind: 'word' }>): string[] {
  const known = value.words.map(({ json }) => JSON.parse(json.toString()) as string);
  return words.filter(word => !known.includes(word));
}

/** What it refers to; of what may be null what it else is. */
function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  if (schema.$ref !== undefined) return resolve(definitions[schema.$ref.replace(/^.*\//, '')]!, definitions);
  // One message for what is several objects in JSON, told apart by a word of theirs.
  if (schema.oneOf !== undefined) {
    const members = schema.oneOf.map(one => resolve(one, definitions).properties ?? {});
    return { type: 'object', properties: Object.assign({}, ...members) as NonNullable<JsonSchema['properties']> };
  }
  const [other, ...more] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return other === undefined || more.length > 0 ? schema : resolve(other, definitions);
}
