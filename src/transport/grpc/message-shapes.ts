import { createFileRegistry, fromBinary, ScalarType, type DescEnum, type DescField } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { DESCRIPTORS } from './generated/descriptors.js';

/** A message, as what reads JSON into it has to know it. */
export interface Shape {
  readonly name: string;
  /** In the order of proto/, which is nearly that of the JSON. */
  readonly fields: readonly Field[];
}

/** What a value is written as; no JSON becomes bytes. */
export type Value =
  | { readonly kind: 'text' | 'number' | 'bool' | 'moment' | 'quantity' | 'bytes' }
  | { readonly kind: 'word'; readonly words: readonly Word[] }
  /** A text in its place is this field of it, with its tag; null: it is always an object. */
  | { readonly kind: 'message'; readonly shape: Shape; readonly textTag: number | null };

export interface Field {
  readonly name: string;
  /** As it stands in JSON before its value: `"name":`. */
  readonly json: Uint8Array;
  /** Its number and how its value is delimited, as on the wire. */
  readonly tag: number;
  /** Of a map's member's value. */
  readonly memberTag: number;
  readonly form: 'one' | 'list' | 'map';
  /** Of the one, of each of the list, or of each member of the map. */
  readonly value: Value;
  /** What is empty is not written. */
  readonly omitsEmpty: boolean;
}

/** A word of the JSON API, and the enum's number for it. */
export interface Word {
  /** With its quotes. */
  readonly json: Uint8Array;
  readonly number: number;
}

const TIMESTAMP = 'google.protobuf.Timestamp';
const QUANTITY = 'credits.v1.Quantity';
/** A price alone is a text in JSON: its field 1. */
const RATE = 'credits.v1.Rate';
const PRICE_TAG = 0x0a;
/** Of a map's member: its name is field 1, its value field 2. */
const MEMBER_NUMBER = 2;
const VARINT = 0;
const DELIMITED = 2;
/** Beyond 2^53 no JSON of ours goes, and below zero none does either. */
const NUMBERS: readonly ScalarType[] = [ScalarType.INT32, ScalarType.INT64, ScalarType.UINT32, ScalarType.UINT64];

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, DESCRIPTORS));
const shapes = new Map<string, Shape>();

/** @param name in full, as `credits.v1.Entry` */
export function shapeOf(name: string): Shape {
  const known = shapes.get(name);
  if (known !== undefined) return known;
  const described = registry.getMessage(name);
  if (described === undefined) throw new Error(`proto/ has no message ${name}`);
  const fields: Field[] = [];
  const shape = { name, fields };
  // Known before its fields are, which may have it as a value.
  shapes.set(name, shape);
  fields.push(...described.fields.map(fieldOf));
  return shape;
}

/** @param method as it is named in generated code: `listEntries` */
export function requestShapeOf(method: string): Shape {
  return shapeOf(registry.getService('credits.v1.CreditsService')!.method[method]!.input.typeName);
}

/** @param method as it is named in generated code: `listEntries` */
export function answerShapeOf(method: string): Shape {
  return shapeOf(registry.getService('credits.v1.CreditsService')!.method[method]!.output.typeName);
}

function fieldOf(field: DescField): Field {
  const value = valueOf(field);
  const form = field.fieldKind === 'list' ? 'list' : field.fieldKind === 'map' ? 'map' : 'one';
  return {
    name: field.name,
    json: Buffer.from(`"${field.name}":`),
    tag: form === 'map' ? (field.number << 3) | DELIMITED : tagOf(field.number, value),
    memberTag: tagOf(MEMBER_NUMBER, value),
    form,
    value,
    omitsEmpty: form === 'one' && field.presence === FeatureSet_FieldPresence.IMPLICIT,
  };
}

function tagOf(number: number, { kind }: Value): number {
  const isVarint = kind === 'number' || kind === 'bool' || kind === 'word';
  return (number << 3) | (isVarint ? VARINT : DELIMITED);
}

function valueOf(field: DescField): Value {
  if (field.enum !== undefined) return { kind: 'word', words: wordsOf(field.enum) };
  if (field.message?.typeName === TIMESTAMP) return { kind: 'moment' };
  if (field.message?.typeName === QUANTITY) return { kind: 'quantity' };
  if (field.message !== undefined) {
    const { typeName } = field.message;
    return { kind: 'message', shape: shapeOf(typeName), textTag: typeName === RATE ? PRICE_TAG : null };
  }
  if (field.scalar === ScalarType.STRING) return { kind: 'text' };
  if (field.scalar === ScalarType.BOOL) return { kind: 'bool' };
  if (NUMBERS.includes(field.scalar!) && field.fieldKind !== 'list') return { kind: 'number' };
  if (field.scalar === ScalarType.BYTES) return { kind: 'bytes' };
  throw new Error(`no JSON of the service becomes ${field.toString()}`);
}

/** `OVERAGE_POLICY_ALLOW_DEBT` is `allow_debt`. */
function wordsOf({ values }: DescEnum): readonly Word[] {
  return values
    .filter(({ number }) => number !== 0)
    .map(({ localName, number }) => ({ json: Buffer.from(`"${localName.toLowerCase()}"`), number }));
}
