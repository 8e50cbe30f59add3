import { existsSync } from "node:fs";
import { homedir, userInfo } from "node:os";
import path from "node:path";
import { connect, ensureDaemon } from "../api/index.ts";
import type { Asked, DaemonClient, SpawnCommand } from "../api/index.ts";
import { locateHome, newId, systemClock, systemRandom } from "../kernel/index.ts";
import type { ApplyId, KilnHome } from "../kernel/index.ts";
import type { CommandContext } from "./command.ts";

/** The daemon of this user's KILN_HOME, started when it is first needed. */
export interface DaemonAccess {
  readonly home: KilnHome;
  readonly asked: Asked;
  /** Whether a daemon ever ran here: where none did, there is no fleet. */
  readonly everRan: boolean;
  client(): Promise<DaemonClient>;
  /** Talks to a daemon that runs, and starts none. */
  readonly running: DaemonClient;
  newApply(): ApplyId;
}

/** Finds the home, and prepares to start its daemon. */
export function daemonAccess({ environment, commandLine }: CommandContext): DaemonAccess {
  const { username, uid } = userInfo();
  const home = locateHome({ environment, userId: uid, homeDirectory: homedir() });
  let client: Promise<DaemonClient> | undefined;
  return {
    home,
    asked: { who: environment["SUDO_USER"] ?? username, why: commandLine },
    everRan: existsSync(home.database),
    client: () => (client ??= ensureDaemon(home, daemonCommand(process.argv[1] ?? ""))),
    running: connect(home),
    newApply: () => newId<"apply">(systemClock, systemRandom),
  };
}

/** How the daemon is run: from the bundle beside a bundled entry, from the source beside an unbuilt one. */
export function daemonCommand(entry: string): SpawnCommand {
  const directory = path.dirname(entry);
  const daemon = entry.endsWith(".ts")
    ? path.join(directory, "..", "daemon", "main.ts")
    : path.join(directory, "kilnd.js");
  return {
    program: process.execPath,
    arguments: ["--disable-warning=ExperimentalWarning", daemon],
  };
}
