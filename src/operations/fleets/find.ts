import type { DaemonClient, FleetView } from "../../api/index.ts";
import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import type { Lineage } from "../../kernel/index.ts";

/** The fleet of a name or resource address. Throws a diagnostic that lists those there are where it is none of them. */
export async function requireFleet(
  client: DaemonClient,
  reference: string,
  lineage?: Lineage,
): Promise<FleetView> {
  const own = lineage === undefined ? undefined : await client.fleet(reference, lineage);
  const found = own ?? (await client.fleet(reference));
  if (found !== undefined) return found;
  const names = (await client.fleets()).map((view) => view.fleet.specification.name);
  throw new DiagnosticError([noFleet(reference, names)]);
}

/** Said where no fleet has the name. */
export function noFleet(reference: string, names: readonly string[]) {
  const list =
    names.length === 0 ? "There is no fleet at all." : `There are: ${names.toSorted().join(", ")}.`;
  return errorDiagnostic("No such fleet", `No fleet has the name or address "${reference}". ${list}`);
}
