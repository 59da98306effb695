import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { noteEnded, noteStarted } from './left-over-services.js';

const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 35_000;

/** The real service, in a process of its own. */
export interface RunningService {
  /** Without a slash at the end. */
  readonly url: string;
  /** Host and port of gRPC; empty for a worker, which has none. */
  readonly grpc: string;
  readonly pid: number;
  readonly apiKey: string;
  /** Everything it has said so far, log and errors. */
  output(): string;
  /** SIGTERM, and waits; answers the exit code. */
  stop(): Promise<number | null>;
  /** kill -9, and waits until it is gone. */
  kill9(): Promise<void>;
  /** The exit code, once it has ended by itself or by a signal of the test's. */
  readonly exited: Promise<number | null>;
}

export interface ServiceOptions {
  /** Unset: it brings its own PostgreSQL; then give it a DATA_DIR in `env`. */
  databaseUrl?: string;
  /** On top of the defaults; the test process's own environment is not passed on. */
  env?: Record<string, string>;
}

/** A service that did not become ready; its output says why. */
class ServiceDidNotStart extends Error {
  override readonly name = 'ServiceDidNotStart';
  constructor(
    readonly exitCode: number | null,
    readonly output: string,
  ) {
    super(`The service did not become ready (exit code ${exitCode}):\n${output}`);
  }
}

/** Starts the service on a free port and waits until it answers. */
export async function startService(options: ServiceOptions = {}): Promise<RunningService> {
  const apiKey = options.env?.['API_KEY'] ?? `crd_live_${randomBytes(24).toString('base64url')}`;
  const child = spawn(process.execPath, ['--enable-source-maps', join(compiledService(), 'src', 'main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      GRPC_PORT: '0',
      API_KEY: apiKey,
      LOG_LEVEL: 'info',
      SHUTDOWN_DELAY_SECONDS: '0',
      ...(options.databaseUrl !== undefined && { DATABASE_URL: options.databaseUrl }),
      ...options.env,
    },
  });
  let output = '';
  noteStarted(compiledService(), child.pid!);
  child.once('exit', () => noteEnded(compiledService(), child.pid!));
  const exited = new Promise<number | null>(resolve => child.once('close', code => resolve(code)));
  const { url, grpc } = await new Promise<Pick<RunningService, 'url' | 'grpc'>>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new ServiceDidNotStart(null, output));
    }, START_TIMEOUT_MS);
    const listen = (data: Buffer) => {
      output += data.toString();
      const ready = /ready at (http:\/\/\S+)(?: and, over gRPC, at (\S+))?\n/.exec(output);
      if (ready?.[1]) {
        clearTimeout(timer);
        resolve({ url: ready[1], grpc: ready[2] ?? '' });
      }
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    void exited.then(code => {
      clearTimeout(timer);
      reject(new ServiceDidNotStart(code, output));
    });
  });
  return {
    url,
    grpc,
    pid: child.pid!,
    apiKey,
    exited,
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      const code = await exited;
      clearTimeout(timer);
      return code;
    },
    kill9: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function compiledService(): string {
  const folder = process.env['TEST_COMPILED_SERVICE'];
  if (!folder)
    throw new Error('There is no compiled service: tests that start one belong under test/, not under src/.');
  return folder;
}
