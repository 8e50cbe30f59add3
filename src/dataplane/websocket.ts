/** "Service restart": the client may connect again at once (RFC 6455 7.4.2, registry). */
export const CLOSE_SERVICE_RESTART = 1012;
/** "Going away" (RFC 6455 7.4.1). */
export const CLOSE_GOING_AWAY = 1001;

/** Follows the frames of one direction of a WebSocket (RFC 6455 5.2), so that a frame can be put between two. */
export class FrameTracker {
  private readonly header = new Uint8Array(14);
  private have = 0;
  private payload = 0;

  get atBoundary(): boolean {
    return this.have === 0 && this.payload === 0;
  }

  /** Follows `bytes`; with `stop`, only up to the first boundary. Returns how many bytes were followed. */
  follow(bytes: Buffer, stop: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      if (stop && this.atBoundary) return at;
      if (this.payload > 0) {
        const step = Math.min(this.payload, bytes.length - at);
        this.payload -= step;
        at += step;
        continue;
      }
      this.header[this.have++] = bytes[at++] ?? 0;
      if (this.have >= 2 && this.have === this.headerLength()) {
        this.payload = this.payloadLength();
        this.have = 0;
      }
    }
    return at;
  }

  private headerLength(): number {
    const second = this.header[1] ?? 0;
    const short = second & 0x7f;
    return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + ((second & 0x80) === 0 ? 0 : 4);
  }

  private payloadLength(): number {
    const short = (this.header[1] ?? 0) & 0x7f;
    if (short < 126) return short;
    let length = 0;
    for (let index = 2; index < (short === 126 ? 4 : 10); index++) {
      length = length * 256 + (this.header[index] ?? 0);
    }
    return length;
  }
}

/** A Close frame with this code; `mask` where a client sends it. */
export function closeFrame(code: number, mask?: Uint8Array): Buffer {
  const payload = Buffer.from([code >> 8, code & 0xff]);
  if (mask === undefined) return Buffer.concat([Buffer.from([0x88, 2]), payload]);
  const masked = payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x88, 0x82]), mask.subarray(0, 4), masked]);
}
