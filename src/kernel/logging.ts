/** A line of a long-running process's own log: structured, one JSON object a line where it is written. */
export interface Logger {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing; for tests and for library use. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** Writes JSON lines. `write` gets a whole line with its newline. */
export function jsonLogger(write: (line: string) => void, now: () => number): Logger {
  const log = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`);
  return { info: log("info"), warn: log("warn"), error: log("error") };
}
