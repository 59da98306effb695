import { expect, test } from '@jest/globals';
import { z } from 'zod';
import * as answers from '../answers.js';
import { memberAnswer, memberMutation } from '../member-answers.js';
import { answerShapeOf, shapeOf, type Field, type Shape, type Value } from './message-shapes.js';

type JsonSchema = {
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

/** Said by the message beside the JSON: by HTTP in a header, or in what encloses it. */
const BESIDE_THE_JSON = ['replayed'];

/** Where a message cannot hold what the JSON answer says, or has something that no JSON gives. */
function differences(schema: JsonSchema, shape: Shape, definitions = schema.$defs ?? {}, where = shape.name): string[] {
  const { properties = {} } = resolve(schema, definitions);
  const fields = new Map(shape.fields.map(field => [field.name, field]));
  const found = Object.entries(properties).flatMap(([name, member]) => {
    const field = fields.get(name);
    fields.delete(name);
    if (field === undefined) return [`${where} lacks ${name}`];
    return fieldDifferences(resolve(member, definitions), field, definitions, `${where}.${name}`);
  });
  const left = [...fields.keys()].filter(name => !BESIDE_THE_JSON.includes(name));
  return [...found, ...left.map(name => `no answer gives ${where}.${name}`)];
}

function fieldDifferences(
  schema: JsonSchema,
  { form, value }: Field,
  definitions: NonNullable<JsonSchema['$defs']>,
  where: string,
): string[] {
  const isMap = typeof schema.additionalProperties === 'object';
  const expected = schema.type === 'array' ? 'list' : isMap ? 'map' : 'one';
  if (form !== expected) return [`${where} is ${form}, not ${expected}`];
  const one = schema.items ?? (isMap ? (schema.additionalProperties as JsonSchema) : schema);
  const item = resolve(one, definitions);
  const kind = kindOf(item);
  if (value.kind === 'text' && kind === 'word') return [];
  if (value.kind !== kind) return [`${where} is ${value.kind}, not ${kind}`];
  if (value.kind === 'message') return differences(item, value.shape, definitions, where);
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
function resolve(schema: JsonSchema, definitions: NonNullable<JsonSchema['$defs']>): JsonSchema {
  if (schema.$ref !== undefined) return resolve(definitions[schema.$ref.replace('#/$defs/', '')]!, definitions);
  // One message for what is several objects in JSON, told apart by a word of theirs.
  if (schema.oneOf !== undefined) {
    const members = schema.oneOf.map(one => resolve(one, definitions).properties ?? {});
    return { type: 'object', properties: Object.assign({}, ...members) as NonNullable<JsonSchema['properties']> };
  }
  const [other, ...more] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return other === undefined || more.length > 0 ? schema : resolve(other, definitions);
}

const MUTATIONS = [
  'refundReservation',
  'refundEntry',
  'revokeLot',
  'freezeAccount',
  'unfreezeAccount',
  'configureAccount',
] as const;
const WITH_RESERVATION = ['reserveCredits', 'commitReservation', 'extendReservation'] as const;

/** By message; what a list or a call wraps is compared itself. */
const ANSWERS: readonly (readonly [Shape, z.ZodType])[] = [
  ...MUTATIONS.map(method => [answerShapeOf(method), answers.mutation] as const),
  ...WITH_RESERVATION.map(method => [answerShapeOf(method), answers.reservationMutation] as const),
  [answerShapeOf('chargeCredits'), answers.spendMutation],
  [answerShapeOf('releaseReservation'), answers.reservationRelease],
  [answerShapeOf('grantCredits'), answers.lotMutation],
  [answerShapeOf('checkReservation'), answers.check],
  [answerShapeOf('getBalance'), answers.balanceAnswer],
  [answerShapeOf('explainAccount'), answers.explanation],
  [answerShapeOf('getStatement'), answers.statement],
  [answerShapeOf('setMember'), memberMutation],
  [answerShapeOf('getMember'), memberAnswer],
  [shapeOf('credits.v1.Usage'), answers.usage],
  [shapeOf('credits.v1.Account'), answers.account],
  [shapeOf('credits.v1.Entry'), answers.entry],
  [shapeOf('credits.v1.Lot'), answers.lot],
  [shapeOf('credits.v1.Reservation'), answers.reservation],
  [shapeOf('credits.v1.Unit'), answers.unit],
  [shapeOf('credits.v1.Key'), answers.key],
  [shapeOf('credits.v1.Plan'), answers.plan],
  [shapeOf('credits.v1.PlanVersion'), answers.planVersion],
];

test.each(ANSWERS.map(([shape, answer]) => [shape.name, shape, answer] as const))(
  '%s has every field of its answer, and every word',
  (_, shape, answer) => {
    expect(differences(z.toJSONSchema(answer) as JsonSchema, shape)).toEqual([]);
  },
);

test('a field that the message lacks is found', () => {
  const larger = answers.balanceAnswer.extend({ more: z.string() });
  expect(differences(z.toJSONSchema(larger) as JsonSchema, answerShapeOf('getBalance'))).toEqual([
    'credits.v1.GetBalanceResponse lacks more',
  ]);
});
