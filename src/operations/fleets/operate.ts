import type { Asked, ApplyView, DaemonClient, FleetView, OperatorAnswer } from "../../api/index.ts";
import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import type { ApplyId, Clock, Diagnostic, EventSink, FleetEvent, ReleaseNumber } from "../../kernel/index.ts";

/** How long one read of the records waits for a change. */
const READ_WAIT = 2_000;
/** How long scaling may take until all instances are ready; after it the daemon goes on alone. */
const SCALE_LIMIT = 90_000;
const SCALE_POLL = 100;

/** Who asks for something, and the means to do it. */
export interface Operator {
  readonly client: DaemonClient;
  readonly asked: Asked;
  /** Id of the command: repeating a message with it changes nothing. */
  readonly apply: ApplyId;
  readonly events: EventSink<FleetEvent>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** How an operator's command ended. */
export type OperatorOutcome =
  | { readonly kind: "done"; readonly message: string; readonly fleet?: FleetView }
  | {
      readonly kind: "kept";
      readonly release: ReleaseNumber;
      readonly switchedIn?: number;
      readonly fleet?: FleetView;
    }
  /** Nothing serves that did not before. */
  | { readonly kind: "aborted"; readonly switched: boolean; readonly reason: string }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic }
  /** Interrupted; the daemon goes on with it. */
  | { readonly kind: "left"; readonly message: string };

type Ended = Exclude<OperatorOutcome, { readonly kind: "refused" }>;

/** Goes back to an earlier release, and waits until it serves. */
export async function rollbackFleet(
  operator: Operator,
  fleet: FleetView,
  release: ReleaseNumber | undefined,
): Promise<OperatorOutcome> {
  const { client, asked, apply } = operator;
  return await carryOut(operator, fleet, () =>
    client.rollback({
      ...asked,
      apply,
      fleet: fleet.fleet.id,
      ...(release === undefined ? {} : { release }),
    }),
  );
}

export type RolloutAction = "pause" | "resume" | "promote" | "abort" | "retry" | "restart";

/** Steers a rollout, and waits for the end of what it starts. */
export async function steerRollout(
  operator: Operator,
  fleet: FleetView,
  action: RolloutAction,
): Promise<OperatorOutcome> {
  const { client, asked, apply } = operator;
  return await carryOut(operator, fleet, () =>
    client.rollout({ ...asked, apply, fleet: fleet.fleet.id, action }),
  );
}

/** Changes the number of instances, and waits until that many are ready and no other is left. */
export async function scaleFleet(
  operator: Operator,
  fleet: FleetView,
  replicas: number,
): Promise<OperatorOutcome> {
  const { client, asked, apply } = operator;
  return await carryOut(operator, fleet, async () => {
    const answer = await client.scale({ ...asked, apply, fleet: fleet.fleet.id, replicas });
    if (answer.kind === "done") await waitForReplicas(operator, fleet, replicas);
    return answer;
  });
}

async function carryOut(
  operator: Operator,
  fleet: FleetView,
  ask: () => Promise<OperatorAnswer>,
): Promise<OperatorOutcome> {
  const { client } = operator;
  const stop = new AbortController();
  const passing = passEvents(operator, fleet, stop.signal);
  try {
    const answer = await ask();
    if (answer.kind === "refused") return answer;
    const outcome: Ended =
      answer.kind === "done"
        ? { kind: "done", message: answer.message }
        : await waitForEnd(operator, answer.apply, answer.target);
    const view = await client.fleet(fleet.fleet.id);
    return view === undefined || outcome.kind === "aborted" || outcome.kind === "left"
      ? outcome
      : { ...outcome, fleet: view };
  } finally {
    stop.abort();
    await passing;
  }
}

async function passEvents(operator: Operator, fleet: FleetView, signal: AbortSignal): Promise<void> {
  const since = operator.clock.now();
  try {
    for await (const { at, event } of operator.client.events({
      follow: true,
      fleet: fleet.fleet.id,
      signal,
    })) {
      if (at < since || event.kind === "daemon_started") continue;
      if (isFleetEvent(event)) operator.events(event);
    }
  } catch (error) {
    // Progress is a courtesy; the command itself says how it ended.
    if (!(error instanceof Error)) throw error;
  }
}

function isFleetEvent(event: { readonly kind: string }): event is FleetEvent {
  return "fleet" in event || "apply" in event;
}

async function waitForEnd(
  { client, signal }: Operator,
  apply: ApplyId,
  release: ReleaseNumber,
): Promise<Ended> {
  let view: ApplyView = await client.read({ apply });
  for (;;) {
    const rollout = view.rollouts[0];
    const verdict = view.apply?.verdict.kind;
    if (verdict === "kept") {
      const switchedIn = rollout?.switchedIn;
      return { kind: "kept", release, ...(switchedIn === undefined ? {} : { switchedIn }) };
    }
    if (rollout?.phase.kind === "aborted") {
      return { kind: "aborted", switched: rollout.phase.switched, reason: rollout.phase.reason };
    }
    if (view.apply === undefined) throw new DiagnosticError([forgotten(apply)]);
    if (signal.aborted) {
      return { kind: "left", message: 'The daemon goes on with it; see "kiln status".' };
    }
    view = await client.read({ apply, after: view.revision, timeout: READ_WAIT });
  }
}

function forgotten(apply: ApplyId): Diagnostic {
  return errorDiagnostic("The daemon forgot the command", `It has no record of ${apply} any more.`, {
    remedy: 'See "kiln status" for what runs.',
  });
}

async function waitForReplicas(operator: Operator, fleet: FleetView, replicas: number): Promise<void> {
  const { client, clock, signal } = operator;
  const deadline = clock.now() + SCALE_LIMIT;
  while (!signal.aborted && clock.now() < deadline) {
    const view = await client.fleet(fleet.fleet.id);
    const serving = view?.instances.filter((instance) => instance.release === view.fleet.serving) ?? [];
    const ready = serving.filter((instance) => instance.phase.kind === "verified");
    if (view === undefined || (ready.length === replicas && serving.length === replicas)) return;
    await clock.sleep(SCALE_POLL);
  }
}
