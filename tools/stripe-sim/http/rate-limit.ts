/** Requests in one second of the real clock; none is refused where there is no limit. */
export class RateLimit {
  private second = 0;
  private seen = 0;

  constructor(readonly perSecond: number | undefined) {}

  isExceeded(nowMs: number): boolean {
    if (this.perSecond === undefined) return false;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.seen = 0;
    }
    this.seen += 1;
    return this.seen > this.perSecond;
  }
}
