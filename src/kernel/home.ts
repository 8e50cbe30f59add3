import { hash } from "node:crypto";
import path from "node:path";

/** Where the things of one KILN_HOME lie. Two homes on one machine know nothing of each other. */
export interface KilnHome {
  readonly root: string;
  /** The daemon's store. */
  readonly database: string;
  readonly images: string;
  readonly instances: string;
  readonly logs: string;
  /** The proxy's durable route table and its control socket's state. */
  readonly proxy: string;
  /** The daemon's API. Beside the home, or under the run directory where that path is too long for a socket. */
  readonly socket: string;
  readonly proxySocket: string;
}

/** The kernel's limit for a socket path is 108 bytes with the final NUL (unix(7)). */
const LONGEST_SOCKET_PATH = 107;

/** What of the process decides where the home is. */
export interface HomeEnvironment {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly userId: number;
  readonly homeDirectory: string;
}

/** Finds the home: `KILN_HOME`, else `/var/lib/kiln` for root, else under the user's data directory. */
export function locateHome({ environment, userId, homeDirectory }: HomeEnvironment): KilnHome {
  const given = environment["KILN_HOME"];
  const dataDirectory = environment["XDG_DATA_HOME"] ?? path.join(homeDirectory, ".local", "share");
  const root =
    given !== undefined && given !== ""
      ? path.resolve(given)
      : userId === 0
        ? "/var/lib/kiln"
        : path.join(dataDirectory, "kiln");
  const runDirectory = environment["XDG_RUNTIME_DIR"] ?? "/tmp";
  const socketAt = (name: string): string => {
    const beside = path.join(root, name);
    if (Buffer.byteLength(beside) <= LONGEST_SOCKET_PATH) return beside;
    return path.join(runDirectory, `kiln-${userId}-${hash("sha256", root, "hex").slice(0, 12)}`, name);
  };
  return {
    root,
    database: path.join(root, "kiln.db"),
    images: path.join(root, "images"),
    instances: path.join(root, "instances"),
    logs: path.join(root, "logs"),
    proxy: path.join(root, "proxy"),
    socket: socketAt("kilnd.sock"),
    proxySocket: socketAt("proxy.sock"),
  };
}
