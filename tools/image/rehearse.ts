import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pino } from 'pino';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { findLastingPort } from '../lasting-port.js';
import { createDataDir } from '../../test/support/data-dir.js';
import { copyOf, execForm, readContextFilter, readDockerfile, type Stage } from './dockerfile.js';

const HEALTHY_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 500;

class StepFailed extends Error {
  override readonly name = 'StepFailed';
}

/**
 * Does what the Dockerfile says, without Docker: each stage in a folder of its own, with the very commands, from the files
 * that .dockerignore lets through. Then starts the result on a PostgreSQL, waits until its HEALTHCHECK is content, and
 * ends it with SIGTERM. What it cannot show: the base image, and the user.
 * @throws StepFailed naming the instruction
 */
export async function rehearseImage(repository: string, say: (line: string) => void): Promise<void> {
  const stages = await readDockerfile(join(repository, 'Dockerfile'));
  const root = await mkdtemp(join(tmpdir(), 'credits-ledger-image-'));
  try {
    const folders = new Map<string, string>();
    let folder = '';
    for (const [index, stage] of stages.entries()) {
      folder = join(root, `stage-${index}`);
      folders.set(stage.alias ?? 'final', folder);
      await mkdir(folder);
      await buildStage(stage, folder, { repository, folders, say });
    }
    await runImage(stages.at(-1)!, folder, say);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

interface Build {
  readonly repository: string;
  readonly folders: ReadonlyMap<string, string>;
  readonly say: (line: string) => void;
}

async function buildStage({ instructions }: Stage, folder: string, build: Build): Promise<void> {
  const inContext = await readContextFilter(join(build.repository, '.dockerignore'));
  for (const { name, text } of instructions) {
    if (name === 'RUN') {
      build.say(`RUN ${text}`);
      const code = await run(['/bin/sh', '-c', text], folder, { ...process.env }, 'inherit').ended;
      if (code !== 0) throw new StepFailed(`RUN ${text} ended with ${code}`);
    }
    if (name !== 'COPY') continue;
    const { from, sources, target } = copyOf(text);
    const base = from === null ? build.repository : build.folders.get(from)!;
    for (const source of sources) {
      const to = target === './' ? join(folder, source) : resolve(folder, target);
      const filter = (path: string): boolean => from !== null || inContext(relative(base, path));
      if (!filter(join(base, source))) throw new StepFailed(`COPY ${text}: .dockerignore leaves out ${source}`);
      await cp(resolve(base, source.replace(/^\/app\//, '')), to, { recursive: true, filter, verbatimSymlinks: true });
    }
  }
}

async function runImage({ instructions }: Stage, folder: string, say: (line: string) => void): Promise<void> {
  const command = execForm(instructions.find(({ name }) => name === 'CMD')!.text);
  const healthCheck = execForm(instructions.find(({ name }) => name === 'HEALTHCHECK')!.text);
  const dataDir = await createDataDir();
  const server = await EmbeddedPostgres.start({ dataDir: dataDir.path, logger: pino({ level: 'silent' }) });
  const ports = { PORT: String(await findLastingPort()), GRPC_PORT: '0' };
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: server.url(), ...ports };
  const service = run(command, folder, env, 'pipe');
  try {
    say(`CMD ${command.join(' ')}`);
    await untilHealthy(() => run(healthCheck, folder, env, 'pipe').ended, service);
    say('HEALTHCHECK is content');
    service.kill();
    const code = await service.ended;
    if (code !== 0) throw new StepFailed(`SIGTERM: it ended with ${code}:\n${service.output()}`);
    say('SIGTERM: it ended with 0');
  } finally {
    service.kill('SIGKILL');
    await service.ended;
    await server.stop();
    await dataDir.remove();
  }
}

async function untilHealthy(check: () => Promise<number | null>, service: Running): Promise<void> {
  for (const deadline = Date.now() + HEALTHY_TIMEOUT_MS; Date.now() < deadline;) {
    if ((await check()) === 0) return;
    if (service.hasEnded()) break;
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
  throw new StepFailed(`it did not become healthy:\n${service.output()}`);
}

interface Running {
  readonly ended: Promise<number | null>;
  hasEnded(): boolean;
  output(): string;
  kill(signal?: NodeJS.Signals): void;
}

function run([file = '', ...args]: string[], cwd: string, env: NodeJS.ProcessEnv, stdio: 'inherit' | 'pipe'): Running {
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', stdio, stdio] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', data => (output += String(data)));
  const ended = new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', code => done(code));
  });
  return {
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    output: () => output,
    kill: signal => {
      child.kill(signal);
      if (signal === undefined) setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS).unref();
    },
  };
}
