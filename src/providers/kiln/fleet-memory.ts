import type { FleetView, ReleaseContent } from "../../api/index.ts";
import type { FleetId, ReleaseNumber } from "../../kernel/index.ts";

/** What the provider keeps beside a fleet in the state: what the plan needs to know of the daemon's records. */
export interface FleetMemory {
  readonly fleet: FleetId;
  readonly serving: ReleaseNumber;
  /** Digest of the serving release's content. */
  readonly digest: string;
  readonly last: ReleaseNumber;
  /** Instances that ought to run, overrides included. */
  readonly replicas: number;
  /** The number that `kiln scale` asked for; absent: as declared. */
  readonly scaledTo?: number;
  /** Releases that can be rolled out again, by content. */
  readonly releases: readonly { readonly number: ReleaseNumber; readonly digest: string }[];
  readonly hold?: {
    readonly from: ReleaseNumber;
    readonly at: ReleaseNumber;
    readonly digest: string;
    readonly who: string;
  };
  /** What the plan decided to roll out; absent outside of a planned change. */
  readonly planned?: ReleaseContent;
}

/** What is to be remembered of a fleet that serves; undefined where it does not. */
export function memoryOf(view: FleetView): FleetMemory | undefined {
  const { serving, hold, scaledTo } = view.fleet;
  if (serving === undefined || view.fleet.destroying) return undefined;
  const release = view.releases.find((candidate) => candidate.number === serving);
  return {
    fleet: view.fleet.id,
    serving,
    digest: release?.digest ?? "",
    last: view.fleet.lastRelease,
    replicas: view.replicas,
    ...(scaledTo === undefined ? {} : { scaledTo }),
    releases: view.releases.map(({ number, digest }) => ({ number, digest })),
    ...(hold === undefined
      ? {}
      : { hold: { from: hold.from, at: hold.at, digest: hold.digest, who: hold.who } }),
  };
}

/** Private data is the provider's own: what it wrote is what it reads. */
export function parseMemory(text: string): FleetMemory | undefined {
  return text === "" ? undefined : (JSON.parse(text) as FleetMemory);
}

export function printMemory(memory: FleetMemory | undefined): string {
  return memory === undefined ? "" : JSON.stringify(memory);
}
