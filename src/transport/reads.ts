import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { GetAccount } from '../accounts/get-account.js';
import { ListAccounts } from '../accounts/list-accounts.js';
import { GetBalance } from '../balances/get-balance.js';
import { ListEntries } from '../entries/list-entries.js';
import { IdCodec } from '../ids/id-codec.js';
import { ListLots } from '../lots/list-lots.js';
import { ExplainAccount } from '../replay/explain/explain-account.js';
import { CheckReservation } from '../reservations/check-reservation.js';
import { GetReservation } from '../reservations/get-reservation.js';
import { ListReservations } from '../reservations/list-reservations.js';
import { Pricing } from '../rates/pricing.js';
import { LedgerError } from '../shared/ledger-error.js';
import { GetStatement, type StatementFormat } from '../statement/get-statement.js';
import { Amounts } from '../units/amounts.js';
import { GetUsage } from '../usage/get-usage.js';
import { targetOf, type Asker } from './asker.js';
import { decodeCursor, decodeGroupCursor, decodeNumberCursor } from './cursor.js';
import { pageJson } from './page-json.js';
import {
  balanceQuery,
  entriesQuery,
  explainQuery,
  lotsQuery,
  pagingQuery,
  reservationsQuery,
  statementQuery,
  usageQuery,
} from './requests/lists.js';
import { parseRequest } from './requests/parse-request.js';
import { reserveRequest, reserveTerms } from './requests/reserve.js';
import { readSpend } from './requests/spend.js';

/**
 * Calls that look at the ledger and change nothing, read and answered the same way for every transport, as JSON. `account`,
 * `query` and `body` are as they came: nothing of them has been looked at yet.
 */
@Injectable()
export class Reads {
  constructor(
    private readonly queries: QueryBus,
    private readonly amounts: Amounts,
    private readonly pricing: Pricing,
    private readonly ids: IdCodec,
  ) {}

  account(asker: Asker, account: unknown): Promise<string> {
    return this.queries.execute(new GetAccount(targetOf(asker, account)));
  }

  async accounts({ mode }: Asker, query: unknown): Promise<string> {
    const { limit, after } = parseRequest(pagingQuery, query, 'query');
    const afterId = decodeCursor('accounts', after) ?? '';
    return pageJson('accounts', await this.queries.execute(new ListAccounts(mode, afterId, limit)));
  }

  async balance(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { unit, as_of: asOf } = parseRequest(balanceQuery, query, 'query');
    return this.queries.execute(new GetBalance(target, unit ?? null, asOf ?? null));
  }

  async check(asker: Asker, account: unknown, body: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const request = parseRequest(reserveRequest, body, 'body');
    const spend = await readSpend(request, target, { amounts: this.amounts, pricing: this.pricing }, 'body');
    if (spend.refusal !== undefined) throw spend.refusal;
    return this.queries.execute(new CheckReservation(target, reserveTerms(request, spend), spend.unfixed));
  }

  async entries(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { limit, after, type, unit, from, to } = parseRequest(entriesQuery, query, 'query');
    const filter = { type: type ?? null, unit: unit ?? null, from: from ?? null, to: to ?? null };
    const before = decodeNumberCursor('entries', after);
    return pageJson('entries', await this.queries.execute(new ListEntries(target, filter, before, limit)));
  }

  async lots(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { limit, after, unit } = parseRequest(lotsQuery, query, 'query');
    const before = decodeNumberCursor('lots', after);
    return pageJson('lots', await this.queries.execute(new ListLots(target, unit ?? null, before, limit)));
  }

  async reservations(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { limit, after, status } = parseRequest(reservationsQuery, query, 'query');
    const before = decodeNumberCursor('reservations', after);
    const page = await this.queries.execute(new ListReservations(target, status === 'open', before, limit));
    return pageJson('reservations', page);
  }

  async reservation(asker: Asker, id: string): Promise<string> {
    const decoded = this.ids.decode('reservation', id);
    if (decoded === null) throw new LedgerError('reservation_not_found', 'there is no such reservation');
    const { mode, deadlineAt } = asker;
    const target = { mode, accountNo: decoded.accountNo, missing: 'reservation_not_found', deadlineAt } as const;
    return this.queries.execute(new GetReservation(target, decoded.number));
  }

  async explanation(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { from = null, to = null, unit = null } = parseRequest(explainQuery, query, 'query');
    return (await this.queries.execute(new ExplainAccount(target, { from, to, unit }))).json;
  }
  async usage(asker: Asker, account: unknown, query: unknown): Promise<string> {
    const target = targetOf(asker, account);
    const { limit, after, from, to, unit, group_by: groupBy } = parseRequest(usageQuery, query, 'query');
    const filter = { from: from ?? null, to: to ?? null, unit: unit ?? null, groupBy };
    const last = decodeGroupCursor('usage', after, groupBy);
    return pageJson('usage', await this.queries.execute(new GetUsage(target, filter, last, limit)));
  }

  async statement(
    asker: Asker,
    account: unknown,
    query: unknown,
  ): Promise<{ readonly format: StatementFormat; readonly text: string }> {
    const target = targetOf(asker, account);
    const { from, to, format } = parseRequest(statementQuery, query, 'query');
    return { format, text: await this.queries.execute(new GetStatement(target, from ?? null, to ?? null, format)) };
  }
}
