import { type Clock, type Diagnostic, formatDuration, type Milliseconds } from "../../kernel/index.ts";
import type { Backend, HeldLock, LockInfo } from "./backend.ts";

/** Time between two tries for a lock that somebody else has. */
const RETRY_INTERVAL: Milliseconds = 200;

/** Takes the lock of a state, trying again until `timeout` has passed (0: once). Rejects when the signal aborts. */
export async function acquireLock(
  backend: Backend,
  info: LockInfo,
  timeout: Milliseconds,
  clock: Clock,
  signal: AbortSignal,
): Promise<{ readonly lock: HeldLock } | { readonly diagnostic: Diagnostic }> {
  const deadline = clock.now() + timeout;
  for (;;) {
    const result = await backend.lock(info);
    if (result.kind === "locked") return { lock: result.lock };
    if (clock.now() >= deadline) {
      if (timeout === 0) return { diagnostic: result.diagnostic };
      const { detail } = result.diagnostic;
      return {
        diagnostic: {
          ...result.diagnostic,
          detail: `${detail}\n\nWaited ${formatDuration(timeout)} for it.`,
        },
      };
    }
    await clock.sleep(Math.min(RETRY_INTERVAL, deadline - clock.now()), signal);
  }
}
