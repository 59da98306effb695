import { SingleBar } from 'cli-progress';

export interface Progress {
  advance(): void;
  stop(): void;
}

const SILENT: Progress = { advance: () => undefined, stop: () => undefined };

/** A progress bar on a terminal; nothing where the output goes to a file or a CI log. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return SILENT;
  const format = `${label} [{bar}] {percentage}% | {value}/{total} | {eta_formatted} left`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  bar.start(total, 0);
  return { advance: () => bar.increment(), stop: () => bar.stop() };
}
