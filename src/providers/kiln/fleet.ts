import type { DaemonClient } from "../../api/index.ts";
import type { ApplyAnswer, PlanAnswer, PlanRequest, ResourceDrift } from "../../engine/index.ts";
import { errorDiagnostic, hasErrors, parseId, warningDiagnostic } from "../../kernel/index.ts";
import type { Clock, Diagnostic, OperationId } from "../../kernel/index.ts";
import {
  equalValues,
  isKnown,
  isNull,
  isUnknown,
  nullValue,
  NUMBER,
  STRING,
  typeOf,
  unknownValue,
  unmarkDeep,
} from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute, textOf, withAttributes } from "../resource-provider.ts";
import type { ResourceType } from "../resource-provider.ts";
import { memoryOf, parseMemory, printMemory } from "./fleet-memory.ts";
import type { FleetMemory } from "./fleet-memory.ts";
import { FLEET_SCHEMA } from "./fleet-schema.ts";
import { endpointOf, readFleetSettings } from "./fleet-settings.ts";
import type { FleetSettings } from "./fleet-settings.ts";
import { composeRelease } from "./release-content.ts";
import type { Composition, FleetSurroundings } from "./release-content.ts";

/** Summary of the warning that a plan gives for a fleet which an operator holds at another release. */
export const FLEET_HELD = "Fleet is held";

/** Between two looks at whether a destroyed fleet is gone. */
const GONE_POLL = 100;

/** Whether a fleet differs from what was recorded in nothing but the release that an operator put there. */
export function isOperatorsRelease({ address, before, after }: ResourceDrift): boolean {
  if (address.type !== "kiln_fleet" || isNull(after)) return false;
  const [then, now] = [before, after].map((value) => unmarkDeep(value).value);
  if (then === undefined || now === undefined) return false;
  const same = { release: nullValue(NUMBER) };
  return equalValues(withAttributes(then, same), withAttributes(now, same)) === true;
}

export interface FleetOptions {
  /** Starts the daemon where none runs. */
  readonly daemon: () => Promise<DaemonClient>;
  readonly surroundings: FleetSurroundings;
  readonly asked: { readonly who: string; readonly why: string };
  /** Aborted when a person wants what is under way taken back, and not waited for. */
  readonly takeBack: AbortSignal;
  readonly clock: Clock;
}

/** `kiln_fleet`: N identical instances behind one address. Changes are prepared and committed; see `fleetTransactions`. */
export function fleetType(options: FleetOptions): ResourceType {
  return {
    schema: FLEET_SCHEMA,
    traits: { effect: "outside", recovery: "idempotent_key", transactional: true },
    validate: (config) => readFleetSettings(config).diagnostics,
    read: async ({ current, private: data }) => {
      const memory = parseMemory(data);
      const view = memory === undefined ? undefined : await (await options.daemon()).fleet(memory.fleet);
      const found = view === undefined ? undefined : memoryOf(view);
      if (found === undefined) return { state: nullValue(typeOf(current)), private: "", diagnostics: [] };
      return {
        state: withAttributes(current, { release: found.serving }),
        private: printMemory(found),
        diagnostics: [],
      };
    },
    plan: (request) => planFleet(request, options.surroundings),
    apply: ({ prior, planned, operation, private: data }, { signal }) => {
      // The engine prepares and commits every other change.
      if (!isNull(planned)) throw new Error("a fleet is changed by prepare and commit");
      return destroyFleet(prior, data, operation, options, signal);
    },
  };
}

async function planFleet(request: PlanRequest, surroundings: FleetSurroundings): Promise<PlanAnswer> {
  const { prior, proposed, config } = request;
  const memory = parseMemory(request.private);
  if (isNull(proposed)) {
    return answer(
      proposed,
      request.private,
      [],
      memory === undefined ? [] : [`${instances(memory.replicas)} retired`],
    );
  }
  const { settings, diagnostics } = readFleetSettings(config);
  if (hasErrors(diagnostics)) return answer(proposed, request.private, diagnostics, []);
  const endpoint = plannedEndpoint(config, settings);
  const image = textOf(config, "image");
  const composition: Composition | undefined =
    isKnown(config) && image !== undefined ? await composeRelease(settings, image, surroundings) : undefined;
  if (composition?.kind === "refused") {
    return answer(proposed, request.private, composition.diagnostics, []);
  }
  const release = plannedRelease(prior, memory, composition?.digest);
  const planned = withAttributes(proposed, { endpoint, release });
  const remembered =
    memory === undefined || composition === undefined ? memory : { ...memory, planned: composition.content };
  return answer(
    planned,
    composition === undefined || remembered === undefined
      ? request.private
      : printMemory(isUnknown(release) ? remembered : memory),
    [...heldWarning(settings, memory, composition?.digest), ...scaledWarning(settings, memory)],
    notesOf(settings, prior, memory, composition?.digest),
  );
}

function answer(
  planned: Value,
  data: string,
  diagnostics: readonly Diagnostic[],
  notes: readonly string[],
): PlanAnswer {
  // The name and the address of a fleet can change under its instances: nothing forces a replacement.
  return { planned, requiresReplace: [], private: data, diagnostics, notes };
}

function plannedEndpoint(config: Value, settings: FleetSettings): Value {
  if (isUnknown(attribute(config, "listen"))) return unknownValue(STRING);
  return settings.listen === undefined ? nullValue(STRING) : endpointOf(settings.listen);
}

/** The number stays while the content does, and while an operator holds the fleet; a new one is the daemon's to give. */
function plannedRelease(prior: Value, memory: FleetMemory | undefined, digest: string | undefined): Value {
  const same = digest !== undefined && (digest === memory?.digest || digest === memory?.hold?.digest);
  if (isNull(prior) || !same) return unknownValue(NUMBER, { notNull: true });
  return attribute(prior, "release");
}

function heldWarning(
  settings: FleetSettings,
  memory: FleetMemory | undefined,
  digest: string | undefined,
): Diagnostic[] {
  const hold = memory?.hold;
  if (hold === undefined || hold.digest !== digest) return [];
  return [
    warningDiagnostic(
      FLEET_HELD,
      `${hold.who} rolled fleet ${settings.name} back from release ${hold.from}, which is what the configuration says. It is held at release ${hold.at}.`,
      {
        remedy: `Run "kiln rollout resume ${settings.name}" to roll release ${hold.from} out again, or change the configuration.`,
      },
    ),
  ];
}

function scaledWarning({ name, replicas }: FleetSettings, memory: FleetMemory | undefined): Diagnostic[] {
  if (memory?.scaledTo === undefined || memory.scaledTo === replicas) return [];
  return [
    warningDiagnostic(
      "Fleet is scaled",
      `Fleet ${name} was scaled to ${instances(memory.scaledTo)} from the command line; the configuration says ${replicas}. The next change of the fleet goes back to that.`,
      { remedy: `Set replicas = ${memory.scaledTo} to keep it, or run "kiln scale ${name}=${replicas}".` },
    ),
  ];
}

function notesOf(
  settings: FleetSettings,
  prior: Value,
  memory: FleetMemory | undefined,
  digest: string | undefined,
): string[] {
  if (memory === undefined || isNull(prior)) return [`release 1, ${instances(settings.replicas)} started`];
  const declared = readFleetSettings(prior).settings.replicas;
  const scaled = settings.replicas === declared ? "" : `scaled ${declared} -> ${settings.replicas}`;
  if (digest !== undefined && (digest === memory.digest || digest === memory.hold?.digest)) {
    return scaled === "" ? [] : [`${scaled}, no instance replaced`];
  }
  const again = memory.releases.find((release) => release.digest === digest)?.number;
  const next = `release ${memory.serving} -> ${again ?? memory.last + 1}${again === undefined ? "" : " (again)"}`;
  const unsure = digest === undefined ? " if its content differs" : "";
  const replaced = `${instances(memory.replicas)} replaced`;
  return [[`${next}${unsure}`, replaced, scaled].filter((part) => part !== "").join(", ")];
}

function instances(count: number): string {
  return `${count} instance${count === 1 ? "" : "s"}`;
}

async function destroyFleet(
  prior: Value,
  data: string,
  operation: OperationId,
  { daemon, asked, clock }: FleetOptions,
  signal: AbortSignal,
): Promise<ApplyAnswer> {
  const memory = parseMemory(data);
  const gone: ApplyAnswer = { state: nullValue(typeOf(prior)), private: "", diagnostics: [] };
  if (memory === undefined) return gone;
  const client = await daemon();
  const reply = await client.destroyFleet({
    apply: parseId<"apply">(operation),
    fleet: memory.fleet,
    ...asked,
  });
  if (reply.kind === "refused") return { state: prior, private: data, diagnostics: [reply.diagnostic] };
  for (;;) {
    const view = await client.fleet(memory.fleet);
    if (view === undefined) return gone;
    if (signal.aborted) {
      const interrupted = errorDiagnostic(
        "Destroy was interrupted",
        `Fleet ${view.fleet.specification.name} is being destroyed by the daemon, which goes on with it.`,
      );
      return { state: prior, private: data, diagnostics: [interrupted] };
    }
    await clock.sleep(GONE_POLL);
  }
}
