import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DiagnosticError, errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { Diagnostic, KilnHome } from "../kernel/index.ts";
import { connect } from "./client.ts";
import type { DaemonClient } from "./client.ts";
import { prepareHome, unusable } from "./home.ts";
import { DaemonUnreachable } from "./transport.ts";

/** How the daemon is run: Node and its entry. */
export interface SpawnCommand {
  readonly program: string;
  readonly arguments: readonly string[];
}

/** What a starting daemon says on its report channel; it ends without a word where it crashed. */
export type StartReport =
  | { readonly kind: "ready" }
  /** Another daemon has this home. */
  | { readonly kind: "locked" }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };

/** The file descriptor on which a daemon reports how its start went, in one line of JSON. */
const REPORT_DESCRIPTOR = 3;
/** The argument that tells the daemon where to report. */
export const REPORT_ARGUMENT = "--report=";

const START_LIMIT = 20_000;
const POLL = 25;
const LOG_BYTES_SHOWN = 2_000;
const LARGEST_LOG = 16 * 1024 * 1024;
/** The daemon gets these of the caller's environment and nothing else. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "USER",
  "LOGNAME",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
  "TMPDIR",
];

/**
 * A client of the home's daemon, which is started where none answers, at any later call too. Rejects with a
 * diagnostic where it cannot be started, or is of another protocol.
 */
export async function ensureDaemon(home: KilnHome, command: SpawnCommand): Promise<DaemonClient> {
  const revive = () => startDaemon(home, command);
  const client = connect(home, revive);
  await client.ping();
  return client;
}

/** The file that a home's daemon writes its log to. */
export function daemonLog(home: KilnHome): string {
  return path.join(home.logs, "kilnd.log");
}

async function startDaemon(home: KilnHome, command: SpawnCommand): Promise<void> {
  await prepareHome(home);
  const deadline = Date.now() + START_LIMIT;
  while (Date.now() < deadline) {
    const report = await launch(home, command, deadline);
    if (report.kind === "ready") return;
    if (report.kind === "failed") throw new DiagnosticError(report.diagnostics);
    // Somebody else's daemon is starting or ending: wait for the one, and replace the other.
    if (await answersSoon(home, Math.min(deadline, Date.now() + 2_000))) return;
  }
  throw new DiagnosticError([
    errorDiagnostic(
      "The daemon does not answer",
      `A daemon has ${home.root}, and has not answered at ${home.socket} for ${START_LIMIT / 1000} s.${await lastLines(home)}`,
      { remedy: `Find it with "pgrep -a kilnd" and end it; instances and their traffic go on meanwhile.` },
    ),
  ]);
}

async function answersSoon(home: KilnHome, deadline: number): Promise<boolean> {
  const client = connect(home);
  for (;;) {
    try {
      await client.ping();
      return true;
    } catch (error) {
      if (!(error instanceof DaemonUnreachable)) throw error;
      if (Date.now() >= deadline) return false;
      await sleep(POLL);
    }
  }
}

async function launch(home: KilnHome, command: SpawnCommand, deadline: number): Promise<StartReport> {
  const log = await openLog(home);
  try {
    const child = spawn(command.program, [...command.arguments, `${REPORT_ARGUMENT}${REPORT_DESCRIPTOR}`], {
      argv0: "kilnd",
      cwd: home.root,
      // A session of its own: neither the terminal's signals nor the end of the caller reach it.
      detached: true,
      env: daemonEnvironment(home, process.env),
      stdio: ["ignore", log.fd, log.fd, "pipe"],
    });
    child.unref();
    return await reportOf(home, child, deadline);
  } finally {
    await log.close();
  }
}

function daemonEnvironment(home: KilnHome, environment: NodeJS.ProcessEnv): Record<string, string> {
  const passed: Record<string, string> = { KILN_HOME: home.root };
  for (const name of PASSED_ON) {
    const value = environment[name];
    if (value !== undefined) passed[name] = value;
  }
  return passed;
}

async function openLog(home: KilnHome) {
  const file = daemonLog(home);
  try {
    const size = await stat(file).then(
      (found) => found.size,
      // No log yet.
      () => 0,
    );
    if (size > LARGEST_LOG) await rename(file, `${file}.1`);
    return await open(file, "a", 0o600);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DiagnosticError([unusable(file, error)]);
  }
}

async function reportOf(home: KilnHome, child: ChildProcess, deadline: number): Promise<StartReport> {
  const channel = child.stdio[REPORT_DESCRIPTOR];
  if (channel === undefined || channel === null || !("setEncoding" in channel)) {
    throw new Error("the daemon's report channel was not opened");
  }
  channel.setEncoding("utf8");
  const timer = setTimeout(() => channel.destroy(), Math.max(0, deadline - Date.now()));
  let text = "";
  try {
    const failed = new Promise<never>((_resolve, reject) => child.once("error", reject));
    const said = (async () => {
      // A line, and not the end of the stream: what the daemon starts may have inherited the channel.
      for await (const chunk of channel) {
        text += String(chunk);
        if (text.endsWith("\n")) return;
      }
    })();
    await Promise.race([said, failed]);
  } catch (error) {
    if (isSystemError(error) && error.syscall?.startsWith("spawn") === true) {
      throw new DiagnosticError([
        errorDiagnostic("The daemon cannot be run", `${error.message}.`, { remedy: "Install Kiln again." }),
      ]);
    }
    if (!isSystemError(error, "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  } finally {
    clearTimeout(timer);
    channel.destroy();
  }
  const report = text === "" ? undefined : (JSON.parse(text) as StartReport);
  return report ?? { kind: "failed", diagnostics: [await endedAtStart(home)] };
}

async function endedAtStart(home: KilnHome): Promise<Diagnostic> {
  return errorDiagnostic(
    "The daemon ended while it started",
    `It wrote no reason but its log, ${daemonLog(home)}.${await lastLines(home)}`,
    { remedy: "Run the command again; if it fails again, the log says where." },
  );
}

/** The end of the daemon's log, to be shown after a sentence. Empty where there is none. */
async function lastLines(home: KilnHome): Promise<string> {
  try {
    const handle = await open(daemonLog(home), "r");
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LOG_BYTES_SHOWN);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString("utf8").trim();
      return text === "" ? "" : ` Its last lines:\n\n${text}`;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return "";
  }
}
