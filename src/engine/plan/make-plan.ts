import { compareResourceInstances, type Configuration } from "../../config/index.ts";
import { type Diagnosed, type Diagnostic, hasErrors } from "../../kernel/index.ts";
import {
  buildConfigurationGraph,
  type ConfigurationGraph,
  type ConfigurationNode,
} from "../configuration-graph.ts";
import { configureProvider } from "../configure.ts";
import { resourceFacts } from "../dependencies.ts";
import { checkResults } from "../evaluation/checks.ts";
import { visitNamed } from "../evaluation/named.ts";
import { Graph, walk } from "../graph.ts";
import { mark, type Value } from "../../lang/index.ts";
import {
  findProviderConfiguration,
  type ProviderConfiguration,
  providerOfState,
} from "../provider-configurations.ts";
import { ProviderPool } from "../provider-pool.ts";
import type { ProviderSource } from "../provider.ts";
import { beginSession } from "../session.ts";
import type { InstanceState, State } from "../state/state.ts";
import { validateWith } from "../validate.ts";
import type { PlanOptions } from "./options.ts";
import { outputChanges } from "./output-changes.ts";
import type { Plan } from "./plan.ts";
import { planBlock } from "./plan-block.ts";
import { planRemoval } from "./plan-delete.ts";
import { instancesByBlock, type Planning } from "./planning.ts";
import { planRefresh } from "./plan-refresh.ts";

/**
 * Decides what turns the state into the configuration. Does nothing but ask providers. After errors the plan shows
 * how far it got, and cannot be applied.
 */
export async function plan(options: PlanOptions): Promise<Diagnosed<Plan>> {
  const pool = new ProviderPool(options.providers);
  try {
    return await planWith(options, pool);
  } finally {
    await pool.close();
  }
}

async function planWith(options: PlanOptions, pool: ProviderPool): Promise<Diagnosed<Plan>> {
  const { configuration, state, surroundings } = options;
  const createdAt = surroundings.clock.now();
  const graph = graphForPlan(configuration, state, options.providers);
  const mistakes = await validateWith(configuration, options, pool, graph);
  const session = beginSession(configuration, options.variables, options, pool, "plan", createdAt);
  const planning: Planning = {
    session,
    options,
    configurationGraph: graph,
    facts: hasErrors(mistakes)
      ? { dependencies: new Map(), createBeforeDestroy: new Set() }
      : resourceFacts(graph),
    known: instancesByBlock(state),
    refreshed: new Map(state.instances),
    changes: [],
    byBlock: new Map(),
    drift: [],
  };
  // Warnings of the validation are the plan's, too, and come again from its own walk.
  session.diagnostics.push(...mistakes.filter((each) => hasErrors(mistakes) || each.severity === "error"));
  if (!hasErrors(mistakes)) await walkPlan(planning);
  return finish(planning, createdAt);
}

/** The configuration's graph with the providers of objects that only the state has. */
export function graphForPlan(
  configuration: Configuration,
  state: State,
  providers: ProviderSource,
): ConfigurationGraph {
  const { root } = configuration;
  const implied = (localName: string): string => providers.implied(localName);
  const extra = new Map<string, ProviderConfiguration>();
  for (const { provider } of state.instances.values()) {
    if (extra.has(provider)) continue;
    const found = providerOfState(root, provider, implied);
    if (found !== undefined) extra.set(provider, found);
  }
  return buildConfigurationGraph(
    root,
    (module, resource) => findProviderConfiguration(root, module, resource.provider, implied),
    [...extra.values()],
  );
}

type PlanNode =
  | { readonly kind: "configuration"; readonly node: ConfigurationNode }
  /** Objects whose block is gone. */
  | { readonly kind: "orphans"; readonly instances: readonly InstanceState[] };

async function walkPlan(planning: Planning): Promise<void> {
  const { session, options, configurationGraph } = planning;
  const { mode } = options;
  const graph = new Graph<PlanNode>();
  const kept = mode === "destroy" ? neededByProviders(configurationGraph) : undefined;
  for (const [number, node] of configurationGraph.graph.nodes.entries()) {
    graph.add({ kind: "configuration", node });
    if (kept !== undefined && !kept.has(number) && node.kind !== "resource") continue;
    for (const dependency of configurationGraph.graph.dependencies[number] ?? [])
      graph.connect(number, dependency);
  }
  for (const [block, instances] of planning.known) {
    if (configurationGraph.numbers.has(block)) continue;
    const orphans = graph.add({ kind: "orphans", instances });
    for (const { provider } of instances) {
      const number = configurationGraph.numbers.get(provider);
      if (number !== undefined) graph.connect(orphans, number);
    }
  }
  const skipped = (number: number): boolean =>
    kept !== undefined && number < configurationGraph.graph.nodes.length && !kept.has(number);
  await walk(
    graph,
    async (node, number) => {
      const found: Diagnostic[] = [];
      const well = await visit(planning, node, skipped(number), found);
      session.diagnostics.push(...found);
      return well ? "done" : "failed";
    },
    { parallelism: Number.POSITIVE_INFINITY, stopped: () => options.signal.aborted },
  );
}

/** When everything is destroyed, only what provider configurations are made of is evaluated. */
export function neededByProviders({ graph }: ConfigurationGraph): ReadonlySet<number> {
  const needed = new Set<number>();
  const open = [...graph.nodes.entries()]
    .filter(([, node]) => node.kind === "provider")
    .map(([number]) => number);
  for (let number = open.pop(); number !== undefined; number = open.pop()) {
    if (needed.has(number)) continue;
    needed.add(number);
    open.push(...(graph.dependencies[number] ?? []));
  }
  return needed;
}

async function visit(
  planning: Planning,
  planNode: PlanNode,
  unneeded: boolean,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session, options } = planning;
  if (planNode.kind === "orphans") return await planOrphans(planning, planNode.instances, diagnostics);
  const { node } = planNode;
  switch (node.kind) {
    case "provider":
      return await configureProvider(session, node.configuration, node.user, diagnostics);
    case "resource":
      if (options.mode === "destroy") {
        return await removeAll(planning, planning.known.get(node.text) ?? [], node.resource, diagnostics);
      }
      if (options.mode === "refresh_only") return await planRefresh(planning, node, diagnostics);
      return await planBlock(planning, node, diagnostics);
    default:
      return unneeded || visitNamed(session.evaluation, node, session.variables, diagnostics);
  }
}

async function removeAll(
  planning: Planning,
  instances: readonly InstanceState[],
  resource: Parameters<typeof planRemoval>[3],
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const results = instances.map((instance) =>
    planRemoval(planning, instance, undefined, resource, diagnostics),
  );
  return (await Promise.all(results)).every(Boolean);
}

async function planOrphans(
  planning: Planning,
  instances: readonly InstanceState[],
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { mode } = planning.options;
  if (mode === "refresh_only") return true;
  const reason = mode === "destroy" ? undefined : ("delete_because_no_resource_config" as const);
  const results = instances.map((instance) =>
    planRemoval(planning, instance, reason, undefined, diagnostics),
  );
  return (await Promise.all(results)).every(Boolean);
}

function finish(planning: Planning, createdAt: number): Diagnosed<Plan> {
  const { session, options } = planning;
  const { configuration, state, mode } = options;
  const errored = hasErrors(session.diagnostics) || options.signal.aborted;
  const changes = planning.changes.toSorted(
    (a, b) =>
      compareResourceInstances(a.address, b.address) || ((a.deposed ?? "") < (b.deposed ?? "") ? -1 : 1),
  );
  const outputs = errored
    ? []
    : outputChanges(configuration.root, session.evaluation, state, mode === "destroy");
  const changesAnything =
    changes.some(({ action }) => action !== "no-op") ||
    outputs.some(({ action }) => action !== "no-op") ||
    (mode === "refresh_only" && planning.drift.length > 0);
  return {
    value: {
      mode,
      configuration,
      variables: allVariables(options),
      workspace: options.surroundings.workspace,
      createdAt,
      priorState: { ...state, instances: planning.refreshed },
      drift: planning.drift.toSorted((a, b) => compareResourceInstances(a.address, b.address)),
      changes,
      outputs,
      checks: mode === "destroy" ? [] : checkResults(configuration, session.evaluation),
      applicable: changesAnything && !errored,
      errored,
    },
    diagnostics: session.diagnostics,
  };
}

/** Every root variable with the value that it has: the given one, else the default. */
function allVariables({ configuration, variables }: PlanOptions): ReadonlyMap<string, Value> {
  const all = new Map<string, Value>();
  for (const { name, default: initial, sensitive, ephemeral } of configuration.root.variables.values()) {
    const given = variables.get(name);
    if (given !== undefined) all.set(name, given);
    else if (initial !== undefined && !ephemeral)
      all.set(name, sensitive ? mark(initial, ["sensitive"]) : initial);
  }
  return all;
}
