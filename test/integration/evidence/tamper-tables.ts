const TABLES = ['entries', 'account_names', 'accounts', 'log_tiles', 'log_nodes', 'signed_checkpoints', 'erased_texts'];

/** What an owner does first: takes away the rules and switches the triggers off. */
export const LET_THE_OWNER_TAMPER = `
ALTER TABLE entries DROP CONSTRAINT entries_seq, DROP CONSTRAINT entries_type, DROP CONSTRAINT entries_unit,
  DROP CONSTRAINT entries_amount, DROP CONSTRAINT entries_deltas, DROP CONSTRAINT entries_lots,
  DROP CONSTRAINT entries_reservation, DROP CONSTRAINT entries_lots_move;
DROP TRIGGER entries_without_gaps ON entries;
ALTER TABLE log_tiles DROP CONSTRAINT log_tiles_leaves, DROP CONSTRAINT log_tiles_salts, DROP CONSTRAINT log_tiles_position`;

export const TRIGGERS_OFF = `
ALTER TABLE entries DISABLE TRIGGER entries_only_inserted, DISABLE TRIGGER entries_only_erased`;

/** And last: nobody shall see that they were off. */
export const TRIGGERS_ON = `
ALTER TABLE entries ENABLE ALWAYS TRIGGER entries_only_inserted, ENABLE ALWAYS TRIGGER entries_only_erased`;

/** How all of it was, for UNDO. */
export const REMEMBER = `
CREATE SCHEMA before;
${TABLES.map(table => `CREATE TABLE before.${table} AS SELECT * FROM public.${table};`).join('\n')}`;

export const UNDO = `
${TRIGGERS_OFF};
${TABLES.map(table => `TRUNCATE public.${table}; INSERT INTO public.${table} SELECT * FROM before.${table};`).join('\n')}
${TRIGGERS_ON}`;
