import { isSystemError } from "../../kernel/index.ts";
import type { Clock, InstanceId, Milliseconds } from "../../kernel/index.ts";
import type { ProcessIdentity } from "../../fleets/index.ts";
import { findProcesses, findSession, isAlive } from "./identity.ts";

const POLL_INTERVAL: Milliseconds = 20;
/** After SIGKILL only a process that hangs in the kernel is still there. */
const LONGEST_KILL: Milliseconds = 10_000;

/** Whose processes are looked for, and by which time. */
export interface EndScope {
  readonly home: string;
  readonly bootId: string;
  readonly clock: Clock;
}

/**
 * Ends an instance: SIGTERM to the group of what was started, SIGKILL to its session and everything that carries the
 * instance's mark when that has ended or the timeout is over. Rejects where something survives.
 */
export async function endProcesses(
  instance: { readonly id: InstanceId; readonly process?: ProcessIdentity },
  scope: EndScope,
  timeout: Milliseconds,
): Promise<void> {
  const { home, bootId, clock } = scope;
  const leader = instance.process;
  const leads = async () => leader !== undefined && (await isAlive(leader, bootId));
  const led = await leads();
  const remaining = async (): Promise<number[]> => {
    const marked = (await findProcesses(home, bootId)).filter((found) => found.instance === instance.id);
    // What dropped the mark from its environment is still in the session.
    const session = leader !== undefined && led ? await findSession(leader.session, bootId) : [];
    return [...new Set([...marked.map((found) => found.identity.pid), ...session.map(({ pid }) => pid)])];
  };
  if (leader !== undefined && led) {
    signal(-leader.pid, "SIGTERM");
    const deadline = clock.now() + timeout;
    while ((await leads()) && clock.now() < deadline) await clock.sleep(POLL_INTERVAL);
  }
  const deadline = clock.now() + LONGEST_KILL;
  for (;;) {
    const left = await remaining();
    if (left.length === 0) return;
    if (clock.now() > deadline) {
      throw new Error(`instance ${instance.id} does not end: processes ${left.join(", ")} survive SIGKILL`);
    }
    for (const pid of left) signal(pid, "SIGKILL");
    await clock.sleep(POLL_INTERVAL);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended meanwhile, as it should.
    if (!isSystemError(error, "ESRCH")) throw error;
  }
}
