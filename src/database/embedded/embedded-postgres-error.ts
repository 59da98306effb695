/** Why the embedded PostgreSQL cannot run, and what the person in front of it can do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';
}

/** Another process, alive and well, owns the data directory. */
export class DataDirInUseError extends EmbeddedPostgresError {}
