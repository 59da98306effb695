/** What a query needs: a connection, a pool, or a lane's own. */
export interface Queryable {
  query<Row extends object>(statement: Statement): Promise<{ rows: Row[] }>;
}

export interface Statement {
  /** Prepared under this name, once a connection. */
  readonly name?: string;
  readonly text: string;
  readonly values?: unknown[];
  /** Milliseconds, instead of the connection's own. */
  readonly query_timeout?: number;
}
