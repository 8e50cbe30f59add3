import type { FleetView } from "../src/api/index.ts";
import type { RecordedEvent } from "../src/kernel/index.ts";
import type { Project } from "./project.ts";

/** The one fleet of the demo, as `kiln status -json` tells it. */
export interface FleetStatus {
  readonly serving: number;
  readonly instances: readonly {
    readonly id: string;
    readonly pid: number;
    readonly release: number;
    readonly verified: boolean;
  }[];
  /** Milliseconds from the decision to the acknowledged table, of the last rollout that was switched. */
  readonly switchedIn?: number;
  /** No rollout is under way. */
  readonly settled: boolean;
}

interface StatusDocument {
  readonly fleets: readonly FleetView[];
}

/** Asks the real command. Rejects where it fails. */
export async function readFleet(project: Project): Promise<FleetStatus> {
  const { status, output } = await project.kiln("status", "web", "-json");
  if (status !== 0) throw new Error(`kiln status exits ${status}: ${output}`);
  const document: StatusDocument = JSON.parse(output);
  const [view] = document.fleets;
  if (view === undefined) throw new Error("kiln status knows no fleet");
  const phase = view.rollout?.phase.kind;
  const switchedIn = view.rollout?.switchedIn;
  return {
    serving: view.fleet.serving ?? 0,
    instances: view.instances.map((one) => ({
      id: one.id,
      pid: one.process?.pid ?? 0,
      release: one.release,
      verified: one.phase.kind === "verified",
    })),
    ...(switchedIn === undefined ? {} : { switchedIn }),
    settled: phase === undefined || phase === "complete" || phase === "aborted",
  };
}

interface WhyDocument {
  readonly events: readonly RecordedEvent[];
}

/** When the newest event of a kind happened, in milliseconds since the epoch, as `kiln why -json` tells it. */
export async function lastEvent(project: Project, kind: RecordedEvent["event"]["kind"]): Promise<number> {
  const { status, output } = await project.kiln("why", "web", "-json");
  if (status !== 0) throw new Error(`kiln why exits ${status}: ${output}`);
  const document: WhyDocument = JSON.parse(output);
  const found = document.events.findLast(({ event }) => event.kind === kind);
  if (found === undefined) throw new Error(`kiln why tells of no ${kind}`);
  return found.at;
}
