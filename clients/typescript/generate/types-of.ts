/** The part of JSON Schema that the ledger's OpenAPI document uses to say what a value looks like. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly description?: string;
}

const REFERENCE = '#/components/schemas/';

/** TypeScript for one schema. What no type can say (lengths, patterns) is left to the service to refuse. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map(part => `(${typeOf(part)})`).join(' | ');
  if (schema.allOf !== undefined) return schema.allOf.map(part => `(${typeOf(part)})`).join(' & ');
  if (Array.isArray(schema.type)) return schema.type.map(type => `(${typeOf({ ...schema, type })})`).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'null':
      return schema.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `(${typeOf(schema.items ?? {})})[]`;
    case 'object':
      return objectOf(schema);
    case undefined:
      return 'unknown';
    default:
      throw new Error(`no TypeScript for a schema of type ${String(schema.type)}`);
  }
}

export function nameOf(reference: string): string {
  if (!reference.startsWith(REFERENCE)) throw new Error(`${reference}: only schemas by name can be referred to`);
  return reference.slice(REFERENCE.length);
}

/** Lines of a documentation comment, or nothing. */
export function comment(text: string | undefined): string {
  return text === undefined ? '' : `/** ${text.replaceAll('*/', '*\\/')} */\n`;
}

/**
 * Optional members may be given as `undefined` too: callers write `{ member: session?.member }`, and JSON leaves them
 * out.
 */
function objectOf({ properties = {}, required = [], additionalProperties }: Schema): string {
  const members = Object.entries(properties).map(([name, member]) => {
    const optional = !required.includes(name);
    const type = optional ? `${typeOf(member)} | undefined` : typeOf(member);
    return `${comment(member.description)}${JSON.stringify(name)}${optional ? '?' : ''}: ${type};`;
  });
  const others = typeof additionalProperties === 'object' ? typeOf(additionalProperties) : undefined;
  if (others === undefined) return `{\n${members.join('\n')}\n}`;
  if (members.length === 0) return `{ [name: string]: ${others} }`;
  return `{\n${members.join('\n')}\n[name: string]: unknown;\n}`;
}
