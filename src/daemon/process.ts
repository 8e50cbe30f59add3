import { closeSync, writeSync } from "node:fs";
import { homedir } from "node:os";
import { REPORT_ARGUMENT } from "../api/index.ts";
import type { StartReport } from "../api/index.ts";
import {
  DiagnosticError,
  isSystemError,
  jsonLogger,
  locateHome,
  systemClock,
  systemRandom,
} from "../kernel/index.ts";
import type { KilnHome, Logger } from "../kernel/index.ts";
import type { ImageTrees } from "../runtimes/index.ts";
import { assemble, proxyCommandOf } from "./assemble.ts";
import { runDaemon } from "./daemon.ts";

/** How long answers that are under way may take when the daemon cannot go on: milliseconds. */
const FAREWELL = 300;

export interface ProcessParts {
  /** The file that this process runs; the proxy's lies beside it. */
  readonly entry: string;
  readonly images: (home: KilnHome) => ImageTrees;
}

/** The process `kilnd`: makes this process the daemon of its KILN_HOME, and ends it when the daemon has ended. */
export async function daemonProcess(parts: ProcessParts): Promise<void> {
  process.title = "kilnd";
  const logger = jsonLogger(writeLog, () => systemClock.now());
  // After a bug nothing is certain: the next daemon takes over from what is durable. Rejections come here too.
  process.on("uncaughtException", (error) => {
    logger.error("ended by a bug", { error: error.message, stack: error.stack });
    process.exit(1);
  });
  // The terminal that started the first command is none of the daemon's business.
  process.on("SIGHUP", () => {});
  try {
    await run(parts, logger);
    process.exit(0);
  } catch (error) {
    const diagnostics = error instanceof DiagnosticError ? error.diagnostics : undefined;
    logger.error("cannot go on", { error: String(error), diagnostics });
    if (diagnostics !== undefined) report({ kind: "failed", diagnostics }, logger);
    setTimeout(() => process.exit(1), FAREWELL);
  }
}

async function run({ entry, images }: ProcessParts, logger: Logger): Promise<void> {
  const home = locateHome({
    environment: process.env,
    userId: process.getuid?.() ?? 0,
    homeDirectory: homedir(),
  });
  process.env["KILN_HOME"] = home.root;
  const daemon = await runDaemon({
    home,
    clock: systemClock,
    random: systemRandom,
    logger,
    assemble: (surroundings) => assemble(surroundings, proxyCommandOf(entry), images(home)),
    listening: () => report({ kind: "ready" }, logger),
  });
  if (daemon === undefined) {
    report({ kind: "locked" }, logger);
    return;
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void daemon.stop());
  await daemon.ended;
}

function writeLog(line: string): void {
  try {
    writeSync(process.stdout.fd, line);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // A full disk must not end the daemon; what it does is in its store.
  }
}

/** Tells whoever started this process, once; a process that was started by hand has nobody to tell. */
function report(result: StartReport, logger: Logger): void {
  const at = process.argv.findIndex((one) => one.startsWith(REPORT_ARGUMENT));
  const [argument] = at === -1 ? [] : process.argv.splice(at, 1);
  if (argument === undefined) return;
  const descriptor = Number(argument.slice(REPORT_ARGUMENT.length));
  try {
    writeSync(descriptor, `${JSON.stringify(result)}\n`);
    closeSync(descriptor);
  } catch (error) {
    // Whoever started us has gone, and waits for no report.
    logger.warn("the start could not be reported", { error: String(error) });
  }
}
