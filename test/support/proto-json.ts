import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

type AnyMethod = MethodDefinition<object, object>;

const { 'credits.v1.CreditsService': service } = loadSync('credits/v1/credits_service.proto', {
  includeDirs: ['proto'],
  keepCase: true,
  longs: Number,
  enums: String,
});
const METHODS = service as unknown as Readonly<Record<string, AnyMethod>>;
const ENUM =
  /^(LOT_CATEGORY|ENTRY_TYPE|RESERVATION_STATUS|OVERAGE_POLICY|LATE_POLICY|UNIT_KIND|KEY_MODE|SUBSCRIPTION_STATUS|RATE_CARD_STATUS)_/;

/** Reads an answer by proto/ itself, not by what is generated from it. @param method as the proto names it */
export function readByProto(method: string, bytes: Uint8Array): object {
  return METHODS[method]!.responseDeserialize(Buffer.from(bytes));
}

/**
 * What HTTP would have said: timestamps as RFC 3339, enums as words. What proto3 cannot tell from absent (false, zero,
 * empty) is left out, as it is by `withoutDefaults` from what HTTP did say.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export function asHttpJson(value: any): any {
  if (typeof value === 'string') return ENUM.test(value) ? value.replace(ENUM, '').toLowerCase() : value;
  if (Array.isArray(value)) return value.map(asHttpJson);
  if (value === null || typeof value !== 'object') return value;
  const keys = Object.keys(value);
  if (keys.length > 0 && keys.every(key => key === 'seconds' || key === 'nanos')) {
    return new Date((value.seconds ?? 0) * 1000 + (value.nanos ?? 0) / 1e6).toISOString();
  }
  return withoutDefaults(Object.fromEntries(keys.map(key => [key, asHttpJson(value[key])])));
}

// oxlint-disable-next-line typescript/no-explicit-any
export function withoutDefaults(value: any): any {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).map(([name, member]) => [name, withoutDefaults(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => !isDefault(member)));
}

function isDefault(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
