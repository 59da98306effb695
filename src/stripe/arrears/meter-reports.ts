import type { Pool } from 'pg';
import { transact } from '../../database/transact.js';
import type { IdCodec } from '../../ids/id-codec.js';
import { recordUse } from '../../runs/record-use.js';
import { LedgerError } from '../../shared/ledger-error.js';
import type { Operator } from '../intake/inbox.js';
import { identifierOf, placeOf } from './identifier.js';
import { StoredReports, type MeterReport, type ReportFilter } from './stored-reports.js';

export const REPORT_DECISIONS = ['report_again', 'is_reported'] as const;
export type ReportDecision = (typeof REPORT_DECISIONS)[number];

export interface NamedReport extends MeterReport {
  /** What Stripe knows it by. */
  readonly id: string;
}

export interface Decided {
  readonly id: string;
  readonly words: string;
}

/** What is billed later, as operators see it, and what they say about what could not be reported. */
export class MeterReports {
  private readonly stored: StoredReports;

  constructor(
    private readonly pool: Pool,
    private readonly ids: IdCodec,
  ) {
    this.stored = new StoredReports(pool);
  }

  /** Newest first. */
  async list(filter: ReportFilter, limit: number): Promise<NamedReport[]> {
    const found = await this.stored.list(filter, limit);
    return found.map(report => ({ ...report, id: identifierOf(this.ids, report) }));
  }

  /**
   * Has these reported again, or notes that Stripe has them; what is reported stays so. All of them or none.
   * @throws LedgerError meter_report_not_found
   */
  async decide(ids: readonly string[], decision: ReportDecision, operator: Operator): Promise<Decided[]> {
    const { actor, mode, reason } = operator;
    return transact(this.pool, async client => {
      const stored = new StoredReports(client);
      await recordUse(client, { actor, mode, action: `stripe.usage.${decision}`, arguments: { reports: ids }, reason });
      const decided: Decided[] = [];
      // In one order, whoever else decides about some of them.
      for (const id of [...new Set(ids)].sort()) {
        const place = placeOf(this.ids, id);
        const report = place === null ? undefined : await stored.find(place, mode);
        if (report === undefined) {
          throw new LedgerError('meter_report_not_found', `there is no report ${JSON.stringify(id)} of usage`);
        }
        if (report.state === 'reported') decided.push({ id, words: 'is reported already' });
        else if (decision === 'is_reported') {
          await stored.isThere(report.no);
          decided.push({ id, words: 'is noted as reported' });
        } else {
          await stored.again(report.no);
          decided.push({ id, words: 'is reported again' });
        }
      }
      return decided;
    });
  }
}
