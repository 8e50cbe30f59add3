import { blockOf } from "../plan/planning.ts";
import type { ConfigurationGraph, ConfigurationNode } from "../configuration-graph.ts";
import { components, Graph } from "../graph.ts";
import type { Plan, ResourceChange } from "../plan/plan.ts";

/** One step of an apply. */
export type ApplyNode =
  | { readonly kind: "configuration"; readonly node: ConfigurationNode }
  /** Makes, changes or reads an object; the first half of a replacement that creates first, the second of another. */
  | { readonly kind: "make"; readonly change: ResourceChange }
  /** Destroys an object; the other half of a replacement. */
  | { readonly kind: "destroy"; readonly change: ResourceChange }
  /** Decides all that was prepared. */
  | { readonly kind: "commit" }
  /** Everything of some kind is done; does nothing itself. */
  | { readonly kind: "gate" };

/** Edges that may go where they would close a circle; a lower level goes first. */
type SoftLevel = 1 | 2 | 3;

interface SoftEdge {
  readonly node: number;
  readonly dependency: number;
  readonly level: SoftLevel;
}

/** Whether the old object of a change goes after what replaces it, or uses it, is made. */
function destroysLate(change: ResourceChange): boolean {
  if (change.deposed !== undefined) return true;
  return change.action === "replace" ? change.replaceOrder === "create_first" : change.createBeforeDestroy;
}

class Gates {
  readonly #graph: Graph<ApplyNode>;
  readonly #numbers = new Map<string, number>();
  constructor(graph: Graph<ApplyNode>) {
    this.#graph = graph;
  }

  of(kind: string, block: string): number {
    const key = `${kind} ${block}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#graph.add({ kind: "gate" });
    this.#numbers.set(key, number);
    return number;
  }
}

/**
 * The order of an apply. An object is made after all that its block refers to, and destroyed after all that depends
 * on it by the state is destroyed. Where the block creates first, the old object goes last, when everything that used
 * it was changed; otherwise first. Gates for each block keep the number of edges linear. With a group, what is left to
 * destroy waits for its decision.
 */
export function buildApplyGraph(
  plan: Plan,
  { graph: configuration, numbers }: ConfigurationGraph,
): Graph<ApplyNode> {
  const graph = new Graph<ApplyNode>();
  const soft: SoftEdge[] = [];
  const gates = new Gates(graph);
  for (const node of configuration.nodes) graph.add({ kind: "configuration", node });
  const blockStart = (block: string): number | undefined => {
    const number = numbers.get(block);
    return number !== undefined && configuration.nodes[number]?.kind === "resource" ? number : undefined;
  };
  for (const [number, dependencies] of configuration.dependencies.entries()) {
    for (const dependency of dependencies) {
      const target = configuration.nodes[dependency];
      // Whoever refers to a block waits for all its instances.
      graph.connect(number, target?.kind === "resource" ? gates.of("made", target.text) : dependency);
    }
  }
  for (const [number, node] of configuration.nodes.entries()) {
    if (node.kind === "resource") graph.connect(gates.of("made", node.text), number);
  }
  const commit = plan.changes.some(({ transactional }) => transactional)
    ? graph.add({ kind: "commit" })
    : undefined;

  const makes: { readonly number: number; readonly change: ResourceChange }[] = [];
  const destroys: { readonly number: number; readonly change: ResourceChange }[] = [];
  for (const change of plan.changes) {
    const block = blockOf(change.address);
    const destroysOld = change.action === "delete" || change.action === "replace";
    const make = change.action === "delete" ? undefined : graph.add({ kind: "make", change });
    const destroy = destroysOld ? graph.add({ kind: "destroy", change }) : undefined;
    if (make !== undefined) {
      makes.push({ number: make, change });
      const start = blockStart(block);
      if (start !== undefined) graph.connect(make, start);
      graph.connect(gates.of("made", block), make);
      if (commit !== undefined) graph.connect(commit, make);
    }
    if (destroy !== undefined) {
      destroys.push({ number: destroy, change });
      const provider = numbers.get(change.provider);
      if (provider !== undefined) graph.connect(destroy, provider);
    }
    if (make !== undefined && destroy !== undefined) {
      if (destroysLate(change)) graph.connect(destroy, make);
      else graph.connect(make, destroy);
    }
    if (
      commit !== undefined &&
      destroy !== undefined &&
      !(change.action === "replace" && !destroysLate(change))
    ) {
      soft.push({ node: destroy, dependency: commit, level: 2 });
    }
  }
  const changed = new Set(plan.changes.map(({ address }) => blockOf(address)));
  for (const { number, change } of destroys) {
    const block = blockOf(change.address);
    const late = destroysLate(change);
    soft.push({ node: number, dependency: gates.of("users gone", block), level: 3 });
    if (late) graph.connect(number, gates.of("users changed", block));
    else graph.connect(gates.of("gone", block), number);
    for (const dependency of change.dependencies) {
      if (!changed.has(dependency) || dependency === block) continue;
      graph.connect(gates.of("users gone", dependency), number);
      if (late) soft.push({ node: number, dependency: gates.of("made", dependency), level: 1 });
      else graph.connect(gates.of("users gone early", dependency), number);
    }
  }
  for (const { number, change } of makes) {
    const block = blockOf(change.address);
    soft.push({ node: number, dependency: gates.of("users gone early", block), level: 1 });
    for (const dependency of change.dependencies) {
      if (!changed.has(dependency) || dependency === block) continue;
      graph.connect(gates.of("users changed", dependency), number);
      if (change.action !== "create")
        soft.push({ node: number, dependency: gates.of("gone", dependency), level: 1 });
    }
  }
  connectSoft(graph, soft);
  return graph;
}

/** Puts the soft edges in, without those that would close a circle. */
function connectSoft(graph: Graph<ApplyNode>, soft: readonly SoftEdge[]): void {
  let kept = soft;
  for (const level of [1, 2, 3] as const) {
    const component = componentOf(graph, kept);
    const isInside = ({ node, dependency }: SoftEdge): boolean => component[node] === component[dependency];
    if (!kept.some(isInside)) break;
    kept = kept.filter((edge) => edge.level > level || !isInside(edge));
  }
  for (const { node, dependency } of kept) graph.connect(node, dependency);
}

function componentOf(graph: Graph<ApplyNode>, soft: readonly SoftEdge[]): Int32Array {
  const dependencies = graph.dependencies.map((list) => [...list]);
  for (const { node, dependency } of soft) dependencies[node]?.push(dependency);
  const component = new Int32Array(dependencies.length);
  for (const [index, members] of components(dependencies).entries()) {
    for (const member of members) component[member] = index;
  }
  return component;
}
