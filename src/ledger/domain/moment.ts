/** Moments are milliseconds since the epoch, read from the database's clock and handed in; nothing here reads a clock. */
export type Moment = number;
