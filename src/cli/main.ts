// Kiln's command line.
import { EXIT, KILN_VERSION } from "../kernel/index.ts";
import { runProgram } from "./program.ts";

// A reader that went away (`kiln logs | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

try {
  process.exitCode = await runProgram({
    words: process.argv.slice(2),
    environment: process.env,
    directory: process.cwd(),
  });
} catch (error) {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `\nKiln ${KILN_VERSION} met a situation that it has no answer to. This is a bug in Kiln, not in your configuration.\nPlease report it with the lines below.\n\n${trace}\n`,
  );
  process.exitCode = EXIT.error;
}
