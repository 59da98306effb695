/** The time of the simulated world, in whole seconds: the real time, moved as far as a test wants, or time that stands still. */
export class SimClock {
  private movedSeconds = 0;

  /** @param startsAt where given, time stands still there until it is moved */
  constructor(private readonly startsAt?: number) {}

  now(): number {
    return (this.startsAt ?? Math.floor(Date.now() / 1000)) + this.movedSeconds;
  }

  moveBy(seconds: number): void {
    if (!Number.isSafeInteger(seconds) || seconds < 0)
      throw new RangeError('Time moves on by whole seconds, never back.');
    this.movedSeconds += seconds;
  }
}
