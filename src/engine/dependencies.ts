import type { ConfigurationGraph } from "./configuration-graph.ts";
import { components } from "./graph.ts";

/** What the graph says about each resource beyond its own block. */
export interface ResourceFacts {
  /** Resource blocks that each depends on, directly or through anything else, by its text; sorted. */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** Those that are replaced by creating first: they say so, or something that depends on them does. */
  readonly createBeforeDestroy: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** Reads the facts off a graph without cycles. */
export function resourceFacts({ graph }: ConfigurationGraph): ResourceFacts {
  const order = components(graph.dependencies).map((component) => component[0] ?? 0);
  // Sets are shared where a node adds nothing, so that long chains of names cost nothing.
  const behind: ReadonlySet<string>[] = [];
  const dependencies = new Map<string, readonly string[]>();
  const texts = new Map<ReadonlySet<string>, readonly string[]>();
  for (const number of order) {
    const node = graph.nodes[number];
    let all: ReadonlySet<string> = NONE;
    for (const dependency of new Set(graph.dependencies[number])) {
      const below = behind[dependency] ?? NONE;
      const other = graph.nodes[dependency];
      const own = other?.kind === "resource" ? other.text : undefined;
      if (all.size === 0 && own === undefined) all = below;
      else if ((below.size > 0 && below !== all) || own !== undefined) {
        const union = new Set(all);
        for (const each of below) union.add(each);
        if (own !== undefined) union.add(own);
        all = union;
      }
    }
    behind[number] = all;
    if (node?.kind !== "resource") continue;
    const sorted = texts.get(all) ?? [...all].toSorted();
    texts.set(all, sorted);
    dependencies.set(node.text, sorted);
  }
  const createBeforeDestroy = new Set<string>();
  const marked = new Uint8Array(graph.nodes.length);
  // Dependents come before what they depend on, so that one pass carries the wish down.
  for (const number of order.toReversed()) {
    const node = graph.nodes[number];
    const wishes = node?.kind === "resource" && node.resource.lifecycle.createBeforeDestroy === true;
    if (!wishes && marked[number] !== 1) continue;
    if (node?.kind === "resource") createBeforeDestroy.add(node.text);
    for (const dependency of graph.dependencies[number] ?? []) marked[dependency] = 1;
  }
  return { dependencies, createBeforeDestroy };
}
