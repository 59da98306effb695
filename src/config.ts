import { resolve } from 'node:path';
import { z } from 'zod';
import { SigningKey } from './evidence/signed-note.js';

const MOST_LANES = 16;
const MOST_CHECKPOINT_SECONDS = 86_400;
/** A row's key has to fit into an index. */
const MOST_USAGE_PROPERTIES = 4;
const DEFAULT_USAGE_PROPERTIES = ['model', 'feature'];
/** What is left of the 30 s that most platforms grant has to do for the requests in flight. */
const LONGEST_SHUTDOWN_DELAY_SECONDS = 10;

const STRIPE_KEY = /^[rs]k_(live|test)_[\x21-\x7e]+$/;
const STRIPE_SECRET = /^whsec_[\x21-\x7e]+$/;
/** While one is rotated there are two for each endpoint. */
const MOST_STRIPE_SECRETS = 8;

/** Empty counts as unset: that is what `${PORT:-}` in a compose file sends. */
function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess(value => (value === '' ? undefined : value), schema.optional());
}

function wholeNumber(min: number, max: number, problem: string) {
  return z.coerce.number(problem).int(problem).min(min, problem).max(max, problem);
}

const postgresUrl = z.string().refine(isPostgresUrl, 'must be a URL like postgres://user:password@host:5432/database');
const redisUrl = z
  .string()
  .refine(isRedisUrl, 'must be a URL like redis://user:password@host:6379/0, or rediss:// for TLS');
const port = wholeNumber(0, 65535, 'must be a port number, 0 to 65535 (0: any free port)');
const yesOrNo = z.enum(['true', 'false'], 'must be true or false').transform(value => value === 'true');
const postgresSettings = z
  .string()
  .refine(
    value => value.split(',').every(setting => /^\s*[a-z_.]+\s*=[^=]+$/.test(setting)),
    'must be a list like synchronous_commit=off,commit_delay=1000',
  )
  .transform(value => Object.fromEntries(value.split(',').map(setting => splitSetting(setting))));

const usageProperties = z
  .string()
  .transform(value => value.split(',').map(property => property.trim()))
  .refine(
    properties =>
      properties.length <= MOST_USAGE_PROPERTIES &&
      new Set(properties).size === properties.length &&
      properties.every(property => /^[A-Za-z0-9_.-]{1,40}$/.test(property) && !['day', 'member'].includes(property)),
    `must be a list like model,feature: at most ${MOST_USAGE_PROPERTIES} different names of metadata, 1 to 40 letters, ` +
      'digits, _ . or -, and not day or member, by which usage is grouped anyway',
  );

const stripeKeys = list(keys => {
  const modes = keys.map(key => STRIPE_KEY.exec(key)?.[1]);
  return !modes.includes(undefined) && new Set(modes).size === modes.length;
}, 'must be a secret key of Stripe, sk_test_… or sk_live_… (rk_… for a restricted one), or one of each, comma-separated');
const stripeSecrets = list(
  secrets => secrets.length <= MOST_STRIPE_SECRETS && secrets.every(secret => STRIPE_SECRET.test(secret)),
  `must be the signing secret of a webhook endpoint, whsec_…, or at most ${MOST_STRIPE_SECRETS}, comma-separated`,
);

const checkpointKey = z
  .string()
  .refine(
    isSigningKey,
    'must be an Ed25519 key of the form PRIVATE+KEY+NAME+ID+SEED; docs/evidence.md says how to make one',
  );

const environment = z
  .object({
    /** A login that may migrate. Unset: an embedded PostgreSQL under DATA_DIR. */
    DATABASE_URL: optional(postgresUrl),
    /** The login the service works as, where operators keep it apart from the one that migrates. */
    DATABASE_APP_URL: optional(postgresUrl),
    /** Where BullMQ keeps its jobs. Unset: on the same PostgreSQL. */
    REDIS_URL: optional(redisUrl),
    /** What this process does: answer callers, run jobs, or both. */
    ROLE: optional(z.enum(['all', 'api', 'worker'], 'must be all, api or worker')),
    /** Where the embedded PostgreSQL lives. */
    DATA_DIR: optional(z.string()),
    HOST: optional(z.string()),
    PORT: optional(port),
    /** Stripe's secret key, or one for live and one for test. Unset: nothing is sold, everything else works. */
    STRIPE_SECRET_KEY: optional(stripeKeys),
    /** What Stripe signs webhooks with; several while one is rotated. */
    STRIPE_WEBHOOK_SECRET: optional(stripeSecrets),
    /** Another server that speaks as Stripe does, for tests. */
    STRIPE_API_BASE: optional(z.string().refine(isHttpUrl, 'must be a URL like http://127.0.0.1:12111')),
    /** Where gRPC listens. */
    GRPC_PORT: optional(port),
    /** Where Prometheus finds `/metrics` without a key; HOST is the same. Unset: only on PORT, with a key. */
    METRICS_PORT: optional(port),
    /** A first live key with all scopes, for development and tests; taken as it is, checksum or not. */
    API_KEY: optional(
      z
        .string()
        .regex(
          /^crd_live_[\x21-\x7e]+$/,
          'must start with crd_live_ and hold only printable ASCII characters without spaces',
        )
        .min(24, 'must be at least 24 characters long'),
    ),
    /** Signs checkpoints. Unset: a key made with the schema, which whoever owns the database can read. */
    CHECKPOINT_KEY: optional(checkpointKey),
    CHECKPOINT_SECONDS: optional(
      wholeNumber(1, MOST_CHECKPOINT_SECONDS, `must be a whole number of seconds, 1 to ${MOST_CHECKPOINT_SECONDS}`),
    ),
    /** How long to go on serving after SIGTERM, no longer ready, so that load balancers turn away first. */
    SHUTDOWN_DELAY_SECONDS: optional(
      wholeNumber(
        0,
        LONGEST_SHUTDOWN_DELAY_SECONDS,
        `must be a whole number of seconds, 0 to ${LONGEST_SHUTDOWN_DELAY_SECONDS}`,
      ),
    ),
    /** Names of metadata by which usage can be grouped, such as `model,feature`. */
    USAGE_PROPERTIES: optional(usageProperties),
    /** An OpenTelemetry collector that takes OTLP over HTTP, such as http://collector:4318. Unset: no traces. */
    OTEL_EXPORTER_OTLP_ENDPOINT: optional(z.string().refine(isHttpUrl, 'must be a URL like http://collector:4318')),
    /** The share of requests without a `traceparent` that are traced. */
    OTEL_TRACES_SAMPLER_ARG: optional(
      z.coerce.number('must be a number, 0 to 1').min(0, 'must be a number, 0 to 1').max(1, 'must be a number, 0 to 1'),
    ),
    LOG_LEVEL: optional(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])),
    /** How many write lanes, each with two connections of its own. */
    LANES: optional(wholeNumber(1, MOST_LANES, `must be a whole number, 1 to ${MOST_LANES}`)),
    /** For tests only: serve although PostgreSQL may lose what was acknowledged. */
    ALLOW_UNSAFE_DURABILITY: optional(yesOrNo),
    /** For tests and development only: webhook endpoints may be on this machine, over plain HTTP. */
    WEBHOOKS_ALLOW_LOOPBACK: optional(yesOrNo),
    /** For tests only: settings for the embedded PostgreSQL, such as `commit_delay=1000,commit_siblings=0`. */
    EMBEDDED_POSTGRES_SETTINGS: optional(postgresSettings),
  })
  .refine(env => !(env.DATABASE_APP_URL && !env.DATABASE_URL), {
    path: ['DATABASE_APP_URL'],
    message:
      'needs DATABASE_URL beside it: the login that migrates and the login that works are two logins of one server',
  })
  .transform(env => ({
    databaseUrl: env.DATABASE_URL,
    databaseAppUrl: env.DATABASE_APP_URL,
    redisUrl: env.REDIS_URL,
    role: env.ROLE ?? 'all',
    dataDir: resolve(env.DATA_DIR ?? './.data'),
    host: env.HOST ?? '127.0.0.1',
    port: env.PORT ?? 3000,
    grpcPort: env.GRPC_PORT ?? 50051,
    metricsPort: env.METRICS_PORT ?? null,
    apiKey: env.API_KEY,
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS ?? 1,
    checkpointKey: env.CHECKPOINT_KEY,
    checkpointSeconds: env.CHECKPOINT_SECONDS ?? 300,
    usageProperties: env.USAGE_PROPERTIES ?? DEFAULT_USAGE_PROPERTIES,
    tracing:
      env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? null
        : { endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, sampleRatio: env.OTEL_TRACES_SAMPLER_ARG ?? 1 },
    stripe: {
      secretKeys: env.STRIPE_SECRET_KEY ?? [],
      webhookSecrets: env.STRIPE_WEBHOOK_SECRET ?? [],
      apiBase: env.STRIPE_API_BASE ?? null,
    },
    logLevel: env.LOG_LEVEL ?? 'info',
    lanes: env.LANES ?? 1,
    allowUnsafeDurability: env.ALLOW_UNSAFE_DURABILITY ?? false,
    webhooksAllowLoopback: env.WEBHOOKS_ALLOW_LOOPBACK ?? false,
    embeddedPostgresSettings: env.EMBEDDED_POSTGRES_SETTINGS ?? {},
  }));

/** What the operator decided, complete and checked. The rest of the service sees this, never `process.env`. */
export type Config = z.output<typeof environment>;

/** Says which variable is wrong, why, and what it should look like; one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the configuration; the sole reader of `process.env`.
 * @throws ConfigError naming every wrong variable; values are not repeated, they may be secrets.
 */
export function loadConfig(env: Record<string, string | undefined> = process.env): Config {
  const parsed = environment.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(issue => `  ${issue.path.join('.')} ${issue.message}`);
  throw new ConfigError(`The configuration is not usable:\n${problems.join('\n')}`);
}

function list(isFine: (items: readonly string[]) => boolean, problem: string) {
  return z
    .string()
    .transform(value => value.split(',').map(item => item.trim()))
    .refine(isFine, problem);
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isSigningKey(value: string): boolean {
  try {
    return SigningKey.parse(value) !== undefined;
  } catch {
    return false;
  }
}

function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol);
}

function isRedisUrl(value: string): boolean {
  return URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol) && new URL(value).hostname !== '';
}

function splitSetting(setting: string): [name: string, value: string] {
  const at = setting.indexOf('=');
  return [setting.slice(0, at).trim(), setting.slice(at + 1).trim()];
}
