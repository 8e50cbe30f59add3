import { readFile } from "node:fs/promises";
import path from "node:path";
import type { DaemonClient, FleetView } from "../api/index.ts";
import { isSystemError, parseId } from "../kernel/index.ts";
import type { Lineage } from "../kernel/index.ts";
import { requireFleet } from "../operations/index.ts";

/**
 * The fleet of a name or address. Where several configurations have one of that name, the one of the directory that
 * the command runs in is meant. Throws a diagnostic where there is none.
 */
export async function findFleet(
  client: DaemonClient,
  reference: string,
  context: { readonly directory: string },
): Promise<FleetView> {
  return requireFleet(client, reference, await lineageIn(context.directory));
}

/** The lineage of the directory's state; undefined where there is none that could be read. */
async function lineageIn(directory: string): Promise<Lineage | undefined> {
  try {
    const state: unknown = JSON.parse(await readFile(path.join(directory, "terraform.tfstate"), "utf8"));
    if (typeof state !== "object" || state === null || !("lineage" in state)) return undefined;
    return typeof state.lineage === "string" ? parseId<"lineage">(state.lineage) : undefined;
  } catch (error) {
    // A state that is not there or broken says nothing about fleets; commands that need it report it.
    if (isSystemError(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
