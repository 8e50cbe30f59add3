import path from "node:path";
import type { StartRequest } from "../../fleets/index.ts";

/** Of the outer environment an instance gets these alone. */
const INHERITED = ["PATH", "HOME", "LANG", "TZ"] as const;

/** `PATH` without the entries that npm puts there for its scripts. */
export function withoutNpmEntries(searchPath: string): string {
  return searchPath
    .split(path.delimiter)
    .filter((entry) => !/(?:^|\/)node_modules\/\.bin\/?$|\/node-gyp-bin\/?$/.test(entry))
    .join(path.delimiter);
}

/** What an instance can rely on; what is declared wins over what is inherited, and ours over both. */
export function instanceEnvironment(
  request: StartRequest,
  at: { readonly host: string; readonly port: number; readonly temporary: string; readonly home: string },
  outer: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = outer[name];
    if (value !== undefined) environment[name] = name === "PATH" ? withoutNpmEntries(value) : value;
  }
  return {
    ...environment,
    ...request.content.environment,
    HOST: at.host,
    PORT: String(at.port),
    KILN_FLEET: request.fleet.name,
    KILN_RELEASE: String(request.release),
    KILN_INSTANCE: request.id,
    KILN_HOME: at.home,
    TMPDIR: at.temporary,
  };
}
