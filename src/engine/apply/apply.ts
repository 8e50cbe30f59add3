import { formatModuleInstance, type ModuleInstance, type Module } from "../../config/index.ts";
import {
  type ApplyId,
  type Diagnostic,
  errorDiagnostic,
  type GenerationNumber,
  hasErrors,
  newId,
} from "../../kernel/index.ts";
import { configureProvider } from "../configure.ts";
import type { ConfigurationNode } from "../configuration-graph.ts";
import { resourceFacts } from "../dependencies.ts";
import { type ModulePlace, placeOf } from "../evaluation/evaluation.ts";
import { expand } from "../evaluation/expansion.ts";
import { visitNamed } from "../evaluation/named.ts";
import { evaluateAt } from "../evaluation/scope.ts";
import { walk } from "../graph.ts";
import { decodeObject } from "../objects/encode.ts";
import { graphForPlan, neededByProviders } from "../plan/make-plan.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { planDigest } from "../plan/plan-file.ts";
import { ProviderPool } from "../provider-pool.ts";
import { beginSession } from "../session.ts";
import type { State } from "../state/state.ts";
import { type ApplyNode, buildApplyGraph } from "./apply-graph.ts";
import type { Applying } from "./applying.ts";
import { concludeApply } from "./conclude.ts";
import { destroyObject } from "./destroy.ts";
import { abortGroup, commitGroup, type GroupOutcome } from "./group.ts";
import { makeObject } from "./make.ts";
import type { ApplyOptions, ApplyResult } from "./options.ts";

/**
 * Does what a plan says. The caller holds the state's lock. Every effect has its intent and its result in the journal;
 * the snapshot is written before the generation is closed (rule F11).
 */
export async function apply(options: ApplyOptions): Promise<ApplyResult> {
  const { plan, backend } = options;
  const nothing = { added: 0, changed: 0, destroyed: 0 };
  const refuse = (state: State, diagnostic: Diagnostic): ApplyResult => ({
    outcome: "failed",
    diagnostics: [diagnostic],
    state,
    ...nothing,
  });
  const current = await backend.read();
  if (current.kind === "unreadable") return refuse(plan.priorState, current.diagnostic);
  const state = current.state ?? { ...plan.priorState, serial: 0, outputs: new Map(), instances: new Map() };
  const stale = staleness(options, current.state);
  if (stale !== undefined) return refuse(state, stale);
  if (!plan.applicable) return { outcome: "applied", diagnostics: [], state, ...nothing };

  const pool = new ProviderPool(options.providers);
  const stop = (): void => void pool.stop();
  options.signal.addEventListener("abort", stop, { once: true });
  try {
    return await applyWith(options, pool, state);
  } finally {
    options.signal.removeEventListener("abort", stop);
    await pool.close();
  }
}

function staleness({ plan }: ApplyOptions, current: State | undefined): Diagnostic | undefined {
  if (plan.errored) {
    return errorDiagnostic(
      "Plan cannot be applied",
      "Making this plan ended in errors, so it is not whole.",
      {
        remedy: "Plan again.",
      },
    );
  }
  const { lineage, serial } = plan.priorState;
  if (current === undefined && serial === 0) return undefined;
  if (current?.lineage !== lineage && !(current?.serial === 0 || serial === 0)) {
    return errorDiagnostic(
      "Saved plan does not match the given state",
      "The plan was made for another state: their lineages differ.",
      {
        remedy: "Plan again, against this state.",
      },
    );
  }
  if (current?.serial === serial && current.lineage === lineage) return undefined;
  return errorDiagnostic(
    "Saved plan is stale",
    "The given plan file can no longer be applied because the state was changed by another operation after the plan was created.",
    { remedy: "Plan again." },
  );
}

async function applyWith(options: ApplyOptions, pool: ProviderPool, before: State): Promise<ApplyResult> {
  const { plan, store, surroundings } = options;
  const { configuration, priorState } = plan;
  const configurationGraph = graphForPlan(configuration, priorState, options.providers);
  const apply: ApplyId = newId(surroundings.clock, surroundings.random);
  const applying: Applying = {
    options,
    session: beginSession(configuration, plan.variables, options, pool, "apply", plan.createdAt),
    facts: resourceFacts(configurationGraph),
    apply,
    scope: { apply, lineage: priorState.lineage, who: options.who, why: options.command },
    instances: new Map(priorState.instances),
    prepared: [],
    asked: new Set(),
    held: [],
    waiting: false,
    lasting: 0,
    undo: [],
    journalLost: false,
    pendingWrites: new Set(),
    counts: { added: 0, changed: 0, destroyed: 0 },
    deposedKeys: new Map(),
  };
  let generation: GenerationNumber;
  try {
    generation = await openGeneration(applying);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const diagnostic = errorDiagnostic("The journal cannot be opened", `${reason}. Nothing was begun.`, {
      remedy: "Make .kiln writable, with room on its disk, and apply again.",
    });
    return {
      outcome: "failed",
      diagnostics: [diagnostic],
      state: before,
      added: 0,
      changed: 0,
      destroyed: 0,
    };
  }
  const evaluated = new Set<string>();
  let group: GroupOutcome | undefined;
  const unneeded = unneededNodes(applying, configurationGraph);
  const graph = buildApplyGraph(plan, configurationGraph);
  await walk(
    graph,
    async (node, number) => {
      const found: Diagnostic[] = [];
      let well: boolean;
      if (node.kind === "commit") {
        group = await commitGroup(applying, found);
        well = group === "kept" || group === "none";
      } else well = await visit(applying, node, unneeded.has(number), found, evaluated);
      applying.session.diagnostics.push(...found);
      return well ? "done" : "failed";
    },
    {
      parallelism: Number.POSITIVE_INFINITY,
      stopped: () => options.signal.aborted || applying.journalLost,
    },
  );
  if (options.signal.aborted) {
    applying.session.diagnostics.push(
      errorDiagnostic("Apply interrupted", "What had begun was finished; nothing more was begun.", {
        remedy: "Apply again to do what is left.",
      }),
    );
  }
  // Whoever did not come to the decision takes back what was prepared.
  group ??= await abortGroup(applying, applying.session.diagnostics);
  await Promise.all(applying.pendingWrites);
  return await concludeApply(applying, { before, generation, group, evaluated, store });
}

async function openGeneration(applying: Applying): Promise<GenerationNumber> {
  const { options, apply } = applying;
  const { plan } = options;
  return await options.store.generations.open({
    apply,
    lineage: plan.priorState.lineage,
    workspace: plan.workspace,
    ...(options.daemonStore === undefined ? {} : { daemonStore: options.daemonStore }),
    members: plan.changes.filter(({ transactional }) => transactional).map(({ text }) => text),
    planDigest: planDigest(plan),
    configDigest: plan.configuration.digest,
    baseSerial: plan.priorState.serial,
    holder: options.holder,
    who: options.who,
    command: options.command,
    ...(options.git === undefined ? {} : { git: options.git }),
    openedAt: options.surroundings.clock.now(),
  });
}

/** When everything is destroyed, only what provider configurations are made of is evaluated. */
function unneededNodes(
  { options }: Applying,
  { graph }: ReturnType<typeof graphForPlan>,
): ReadonlySet<number> {
  if (options.plan.mode !== "destroy") return new Set();
  const needed = neededByProviders({ graph, numbers: new Map() });
  return new Set(graph.nodes.keys().filter((number) => !needed.has(number)));
}

async function visit(
  applying: Applying,
  applyNode: ApplyNode,
  unneeded: boolean,
  diagnostics: Diagnostic[],
  evaluated: Set<string>,
): Promise<boolean> {
  const { session } = applying;
  switch (applyNode.kind) {
    case "gate":
    case "commit":
      return true;
    case "destroy":
      return await destroyObject(applying, applyNode.change, diagnostics);
    case "make":
      return await make(applying, applyNode.change, diagnostics);
    case "configuration": {
      const { node } = applyNode;
      if (unneeded) return true;
      if (node.kind === "provider")
        return await configureProvider(session, node.configuration, node.user, diagnostics);
      if (node.kind === "resource") return beginBlock(applying, node, diagnostics);
      const well = visitNamed(session.evaluation, node, session.variables, diagnostics);
      if (well && node.kind === "output" && node.module.path.length === 0) evaluated.add(node.output.name);
      return well;
    }
  }
}

/** Decides a block's instances again, as the plan did, and takes over what data sources gave already. */
function beginBlock(
  applying: Applying,
  node: Extract<ConfigurationNode, { kind: "resource" }>,
  diagnostics: Diagnostic[],
): boolean {
  const { session, options } = applying;
  const { evaluation } = session;
  const { resource } = node;
  if (options.plan.mode === "refresh_only") return true;
  const found: Diagnostic[] = [];
  for (const place of evaluation.places(node.module)) {
    const { repetition } = resource;
    const value =
      repetition.kind === "single" ? undefined : evaluateAt(evaluation, place, repetition.expression);
    found.push(...(value?.diagnostics ?? []));
    const expansion = expand(repetition, value?.value, false, found);
    if (expansion === undefined) continue;
    evaluation.setExpansion(place, resource, expansion);
    if (resource.mode !== "data") continue;
    const schema = session.pool.get(node.provider.text)?.schema.dataSources[resource.type];
    for (const instance of options.plan.priorState.instances.values()) {
      const { address, current } = instance;
      const isOurs =
        address.mode === "data" &&
        address.type === resource.type &&
        address.name === resource.name &&
        formatModuleInstance(address.module) === place.text;
      if (!isOurs || current === undefined || schema === undefined) continue;
      const known = decodeObject(current, schema.block, node.text, found);
      if (known !== undefined) evaluation.setObject(place.text, resource, address.key, known);
    }
  }
  diagnostics.push(...found);
  return !hasErrors(found);
}

async function make(applying: Applying, change: ResourceChange, diagnostics: Diagnostic[]): Promise<boolean> {
  const { session } = applying;
  const place = placeFor(session.configuration.root, change.address.module);
  const key = `${change.address.mode === "data" ? "data." : ""}${change.address.type}.${change.address.name}`;
  const resource = place?.module.resources.get(key);
  if (place === undefined || resource === undefined) {
    throw new Error(`the plan makes ${change.text}, which its configuration lacks`);
  }
  const found: Diagnostic[] = [];
  const well = await makeObject(applying, change, place, resource, found);
  diagnostics.push(...found);
  return well && !hasErrors(found);
}

function placeFor(root: Module, instance: ModuleInstance): ModulePlace | undefined {
  let module: Module | undefined = root;
  for (const { name } of instance) module = module?.children.get(name);
  return module === undefined ? undefined : placeOf(module, instance);
}
