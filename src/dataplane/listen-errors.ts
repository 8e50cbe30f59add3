import { errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { ListenAddress, Route } from "../traffic/index.ts";
import { listenKey } from "./listener.ts";

/** Says why an address cannot be listened on, and what helps. Rethrows what is no error of the system. */
export function listenDiagnostic(listen: ListenAddress, error: unknown): Diagnostic {
  if (!isSystemError(error)) throw error;
  const address = listenKey(listen);
  switch (error.code) {
    case "EADDRINUSE":
      return errorDiagnostic("The address is taken", `Another program listens on ${address} already.`, {
        remedy: "Change `listen` of the fleet, or stop the other program.",
      });
    case "EACCES":
      return errorDiagnostic(
        "The port needs more rights",
        `Listening on ${address} is not permitted to this user.`,
        { remedy: "Choose a port from 1024 on, or run Kiln as a user that may use this one." },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EINVAL":
      return errorDiagnostic("There is no such address", `This machine has no address ${listen.host}.`, {
        remedy: "Change `listen` of the fleet to an address of this machine, such as 127.0.0.1.",
      });
    default:
      return errorDiagnostic(
        "The address cannot be used",
        `Listening on ${address} failed: ${error.message}.`,
        { remedy: "Change `listen` of the fleet." },
      );
  }
}

/** Two routes of a table with one address. */
export function duplicateListen(routes: readonly Route[]): Diagnostic | undefined {
  const first = new Map<string, Route>();
  for (const route of routes) {
    const key = listenKey(route.listen);
    const other = first.get(key);
    if (other !== undefined) {
      return errorDiagnostic(
        "Two fleets have one address",
        `The fleets ${other.name} and ${route.name} both listen on ${key}.`,
        { remedy: "Change `listen` of one of them." },
      );
    }
    first.set(key, route);
  }
  return undefined;
}
