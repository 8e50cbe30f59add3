import type { DaemonClient, FleetSpecification, Standing } from "../../api/index.ts";
import type {
  ApplyRequest,
  ApplyScope,
  CallContext,
  CommitResult,
  PreparedToken,
  PrepareResult,
  Transactional,
} from "../../engine/index.ts";
import { errorDiagnostic, fleetId, newId, releaseNumber, systemRandom } from "../../kernel/index.ts";
import type { ApplyId, FleetId } from "../../kernel/index.ts";
import { textOf, withAttributes } from "../resource-provider.ts";
import { watchApply } from "./apply-watch.ts";
import { memoryOf, parseMemory, printMemory } from "./fleet-memory.ts";
import { readFleetSettings } from "./fleet-settings.ts";
import type { FleetOptions } from "./fleet.ts";
import { composeRelease, digestOfRef } from "./release-content.ts";
import type { Composition } from "./release-content.ts";
import { waitForEnd, waitUntilPrepared } from "./rollout-waits.ts";

/** An undecided apply is aborted by the daemon when its engine has been silent for this long. */
const LEASE = 30_000;

/** Between two looks at whether spent releases are gone. */
const GRANT_POLL = 100;

interface Token {
  readonly fleet: FleetId;
  readonly target: number;
  /** Absent: the fleet did not exist. */
  readonly base?: number;
}

/** The commit protocol's messages for fleets. All fleets of one apply are decided at once. */
export function fleetTransactions(options: FleetOptions): Transactional & { close(): Promise<void> } {
  const watches = new Map<ApplyId, ReturnType<typeof watchApply>>();
  const watched = (client: DaemonClient, apply: ApplyId, context: CallContext) => {
    const running = watches.get(apply) ?? watchApply(client, apply, LEASE, context.events);
    watches.set(apply, running);
    return running;
  };
  const unwatch = async (apply: ApplyId) => {
    await watches.get(apply)?.end();
    watches.delete(apply);
  };
  /** Runs to the end whatever stands, and answers what that was. */
  const follow = async (
    client: DaemonClient,
    scope: ApplyScope,
    standing: Standing,
  ): Promise<CommitResult> => {
    const forget = onTakeBack(options, () => takeBackCommitted(client, scope, options));
    try {
      return await waitForEnd(client, scope.apply, standing);
    } finally {
      forget();
      await unwatch(scope.apply);
    }
  };

  return {
    close: async () => {
      await Promise.all([...watches.keys()].map(unwatch));
    },
    prepare: async (scope, request, context) => {
      const composed = await composePlanned(request, options);
      if (composed.kind === "refused") return { kind: "failed", diagnostics: composed.diagnostics };
      const client = await options.daemon();
      watched(client, scope.apply, context).add(fleetId(scope.lineage, request.address));
      const forget = onTakeBack(options, async () => void (await client.abort(groupOf(scope))));
      try {
        return await prepareFleet(client, scope, request, composed.specification);
      } finally {
        forget();
      }
    },
    commit: async (scope, tokens, context) => {
      const client = await options.daemon();
      watched(client, scope.apply, context);
      return await follow(
        client,
        scope,
        await client.commit({ ...groupOf(scope), fleets: tokens.map(fleetOfToken) }),
      );
    },
    abort: async (scope, _tokens, context) => {
      const client = await options.daemon();
      watched(client, scope.apply, context);
      return await follow(client, scope, await client.abort(groupOf(scope)));
    },
    grant: async (scope, tokens) => {
      const client = await options.daemon();
      const releases = tokens
        .map(parseToken)
        .flatMap(({ fleet, base, target }) =>
          base === undefined || base === target ? [] : [{ fleet, release: releaseNumber(base) }],
        );
      for (;;) {
        const reply = await client.grant({ apply: scope.apply, releases });
        if (reply.kind === "refused") return { diagnostics: [reply.diagnostic] };
        if (reply.gone) return { diagnostics: [] };
        await options.clock.sleep(GRANT_POLL);
      }
    },
    handover: async (scope, tokens) => {
      const client = await options.daemon();
      await client.handover({ apply: scope.apply, fleets: tokens.map(fleetOfToken) });
      await unwatch(scope.apply);
      return { diagnostics: [] };
    },
    settled: async (scope) => {
      const client = await options.daemon();
      await client.settled({ apply: scope.apply });
      return { diagnostics: [] };
    },
  };
}

/** Does something once when a person wants it taken back. Returns how to forget it. */
function onTakeBack({ takeBack }: FleetOptions, act: () => Promise<void>): () => void {
  const listener = () => {
    // Where the message is lost, the lease runs out, or the bake ends: the waiting call sees either.
    act().catch(() => undefined);
  };
  if (takeBack.aborted) listener();
  takeBack.addEventListener("abort", listener, { once: true });
  return () => takeBack.removeEventListener("abort", listener);
}

/** After the decision only a rollout's own abort takes it back: it votes against the whole group. */
async function takeBackCommitted(
  client: DaemonClient,
  scope: ApplyScope,
  { asked, clock }: FleetOptions,
): Promise<void> {
  const [rollout] = (await client.read({ apply: scope.apply })).rollouts;
  if (rollout === undefined) return;
  const apply = newId<"apply">(clock, systemRandom);
  await client.rollout({ ...asked, apply, fleet: rollout.fleet, action: "abort" });
}

function groupOf({ apply, lineage, who, why }: ApplyScope) {
  return { apply, lineage, who, why };
}

function parseToken(token: PreparedToken): Token {
  return JSON.parse(token.token) as Token;
}

function fleetOfToken(token: PreparedToken): FleetId {
  return parseToken(token).fleet;
}

type ComposedFleet =
  | { readonly kind: "composed"; readonly specification: FleetSpecification }
  | Extract<Composition, { kind: "refused" }>;

/** The specification that the plan promised: its resolved content, unless the image was not known then. */
async function composePlanned(request: ApplyRequest, options: FleetOptions): Promise<ComposedFleet> {
  const { settings, diagnostics } = readFleetSettings(request.planned);
  if (diagnostics.length > 0) return { kind: "refused", diagnostics };
  const ref = textOf(request.planned, "image") ?? "";
  const planned = parseMemory(request.private)?.planned;
  let content = planned?.image === digestOfRef(ref) ? planned : undefined;
  if (content === undefined) {
    const composition = await composeRelease(settings, ref, options.surroundings);
    if (composition.kind === "refused") return composition;
    content = composition.content;
  }
  const { name, replicas, listen, rollout } = settings;
  const specification = { name, replicas, ...(listen === undefined ? {} : { listen }), rollout, content };
  return { kind: "composed", specification };
}

async function prepareFleet(
  client: DaemonClient,
  scope: ApplyScope,
  request: ApplyRequest,
  specification: FleetSpecification,
): Promise<PrepareResult> {
  const base = parseMemory(request.private)?.serving;
  const fleet = fleetId(scope.lineage, request.address);
  const reply = await client.prepare({
    apply: scope.apply,
    lineage: scope.lineage,
    address: request.address,
    ...(base === undefined ? {} : { base }),
    specification,
    lease: LEASE,
    who: scope.who,
    why: scope.why,
  });
  if (reply.kind === "refused") return { kind: "failed", diagnostics: [reply.diagnostic] };
  if (reply.kind === "held") {
    const detail = `${reply.who} rolled fleet ${specification.name} back from release ${reply.from}; it is held at release ${reply.at}.`;
    return { kind: "held", diagnostics: [errorDiagnostic("Fleet is held", detail)] };
  }
  const failure = await waitUntilPrepared(client, scope.apply, fleet, specification.name);
  if (failure !== undefined) return { kind: "failed", diagnostics: [failure] };
  const view = await client.fleet(fleet);
  const token: Token = { fleet, target: reply.target, ...(base === undefined ? {} : { base }) };
  return {
    kind: "prepared",
    token: { address: request.address, token: JSON.stringify(token) },
    state: withAttributes(request.planned, { release: reply.target }),
    private: printMemory(preparedMemory(view, fleet, reply.target, specification)),
    diagnostics: [],
  };
}

/** What the state says of the fleet from the commit on. */
function preparedMemory(
  view: Awaited<ReturnType<DaemonClient["fleet"]>>,
  fleet: FleetId,
  target: number,
  specification: FleetSpecification,
) {
  const release = view?.releases.find((candidate) => candidate.number === target);
  const known = view === undefined ? undefined : memoryOf(view);
  const serving = releaseNumber(target);
  return {
    fleet,
    last: view?.fleet.lastRelease ?? serving,
    releases: known?.releases ?? [],
    serving,
    digest: release?.digest ?? "",
    replicas: specification.replicas,
  };
}
