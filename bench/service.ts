import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const READY = /is ready at (\S+)/;
/** What Linux counts processor time in; the same on every architecture Node runs on. */
const MICROS_PER_TICK = 10_000;
const GRANT_COMMANDS_PER_BATCH = 500;

/** The real service as `npm start` runs it (`dist/src/main.js`), on a database of the benchmark's server. */
export class Service {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly apiKey: string,
  ) {}

  static async start(databaseUrl: string): Promise<Service> {
    const apiKey = `crd_live_${randomUUID()}`;
    const child = spawn(process.execPath, ['--enable-source-maps', '--max-semi-space-size=64', 'dist/src/main.js'], {
      env: { ...process.env, DATABASE_URL: databaseUrl, API_KEY: apiKey, PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'error' },
