import { SingleBar } from 'cli-progress';

export interface Progress {
  start(total: number): void;
  advance(by: number): void;
  stop(): void;
}

/** A progress bar on a terminal; nothing where the output goes to a file or a log. */
export function progressBar(label: string): Progress {
  if (!process.stderr.isTTY) return { start: () => {}, advance: () => {}, stop: () => {} };
  const format = `${label} [{bar}] {percentage}% | {value}/{total} entries | {eta_formatted} left`;
  const bar = new SingleBar({ format, stream: process.stderr, hideCursor: true, clearOnComplete: true });
  return {
    start: total => bar.start(total, 0),
    advance: by => bar.increment(by),
    stop: () => bar.stop(),
  };
}
