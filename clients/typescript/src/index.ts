export { CreditsLedger, type CreditsLedgerOptions } from './credits-ledger.js';
export { LedgerError, type ErrorCode } from './ledger-error.js';
export type { CallOptions, KeyedCallOptions } from './call.js';
export type { Retry } from './caller.js';
export type { List, Page } from './list.js';
export type * from './schemas.generated.js';
export type { UnrecordedSpend } from './settlement.js';
export type { Hold, Metered, WithReservationOptions } from './with-reservation.js';
