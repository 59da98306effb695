import { format, resolveConfig } from 'prettier';
import { codesOf, methodOf, type Operation } from './operations-of.js';
import { comment, typeOf, type Schema } from './types-of.js';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Where the client is stricter than the wire, which its schemas cannot say. */
const STRICTER: Readonly<Record<string, { readonly words: string; readonly type: string }>> = {
  // The wire takes integers too. In JavaScript `0.1 + 0.2` is a number as well, so the client takes digits only.
  Amount: {
    words:
      'Decimal digits such as "12.5", no more of them after the point than the unit has; never rounded, never a number.',
    type: 'string',
  },
  BatchCommand: {
    words:
      "One command of a batch: the fields follow from its type. `id` is the caller's own and comes back with the result.",
    type: `{ id: string; idempotency_key: string } & (
    | ({ type: 'grant'; account: string } & GrantRequest)
    | ({ type: 'reserve'; account: string } & ReserveRequest)
    | ({ type: 'charge'; account: string } & ChargeRequest)
    | ({ type: 'commit'; reservation: string } & CommitRequest)
    | ({ type: 'release'; reservation: string } & ReleaseRequest)
    | ({ type: 'extend'; reservation: string } & ExtendRequest)
    | ({ type: 'refund'; reservation: string } & RefundReservationRequest)
    | ({ type: 'refund'; entry: string } & RefundEntryRequest)
    | ({ type: 'revoke'; lot: string } & RevokeRequest)
  )`,
  },
};

const HEAD = '// Written from openapi.json by `npm run openapi`; a test compares the two. Do not edit.';

/** The sources of the client that follow from the ledger's OpenAPI document, by file name. */
export async function generatedSources(document: unknown): Promise<Record<string, string>> {
  const { paths, components } = document as Document;
  const calls = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ verb, path, operation })),
  );
  return {
    'schemas.generated.ts': await schemasSource(components.schemas, codesOf(calls.map(({ operation }) => operation))),
    'api.generated.ts': await apiSource(
      calls.map(({ verb, path, operation }) => methodOf(verb, path, operation, components.schemas)).join('\n\n'),
      Object.keys(components.schemas),
    ),
  };
}

function schemasSource(schemas: Readonly<Record<string, Schema>>, codes: readonly string[]): Promise<string> {
  const types = Object.entries(schemas).map(
    ([name, schema]) =>
      `${comment(STRICTER[name]?.words ?? schema.description)}export type ${name} = ${STRICTER[name]?.type ?? typeOf(schema)};`,
  );
  const refusals = `/** Why the ledger refuses. */\nexport type RefusalCode = ${codes.map(code => `'${code}'`).join(' | ')};`;
  return pretty([HEAD, ...types, refusals]);
}

function apiSource(methods: string, schemas: readonly string[]): Promise<string> {
  const words = new Set(methods.replaceAll(/\/\*\*.*?\*\//gs, '').match(/\w+/g));
  const used = schemas.filter(name => words.has(name));
  return pretty([
    HEAD,
    `import { segment, type CallOptions, type KeyedCallOptions } from './call.js';
    import type { Caller } from './caller.js';
    import { List } from './list.js';
    import type { ${used.join(', ')} } from './schemas.generated.js';`,
    `/** Every call of the ledger's API. */
    export class Api {
      constructor(protected readonly caller: Caller) {}

      ${methods}
    }`,
  ]);
}

async function pretty(parts: readonly string[]): Promise<string> {
  const style = await resolveConfig('clients/typescript/src/api.generated.ts');
  return format(parts.join('\n\n'), { ...style, parser: 'typescript' });
}
