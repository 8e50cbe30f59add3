/** Nodes and "must come after" edges, by number. Built once; every algorithm here is linear in both. */
export class Graph<Node> {
  readonly nodes: Node[] = [];
  /** For each node, what must be done before it. */
  readonly dependencies: number[][] = [];

  add(node: Node): number {
    this.nodes.push(node);
    this.dependencies.push([]);
    return this.nodes.length - 1;
  }

  /** `node` comes after `dependency`. An edge may be given twice. */
  connect(node: number, dependency: number): void {
    if (node !== dependency) this.dependencies[node]?.push(dependency);
  }
}

/**
 * Strongly connected components in an order where dependencies come first (Tarjan's, without recursion so that
 * a chain of any length is fine). A component of more than one node is a cycle.
 */
export function components(dependencies: readonly (readonly number[])[]): number[][] {
  const found: number[][] = [];
  const order = new Int32Array(dependencies.length).fill(-1);
  const low = new Int32Array(dependencies.length);
  const onStack = new Uint8Array(dependencies.length);
  const cursor = new Int32Array(dependencies.length);
  const open: number[] = [];
  const path: number[] = [];
  let counter = 0;
  for (let root = 0; root < dependencies.length; root++) {
    if (order[root] !== -1) continue;
    path.push(root);
    while (path.length > 0) {
      const node = path[path.length - 1] ?? 0;
      if (order[node] === -1) {
        order[node] = low[node] = counter++;
        open.push(node);
        onStack[node] = 1;
      }
      const next = dependencies[node]?.[cursor[node] ?? 0];
      if (next !== undefined) {
        cursor[node] = (cursor[node] ?? 0) + 1;
        if (order[next] === -1) path.push(next);
        else if (onStack[next] === 1) low[node] = Math.min(low[node] ?? 0, order[next] ?? 0);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== order[node]) continue;
      const component: number[] = [];
      let member: number | undefined;
      do {
        member = open.pop();
        if (member === undefined) break;
        onStack[member] = 0;
        component.push(member);
      } while (member !== node);
      found.push(component);
    }
  }
  return found;
}

/** The cycles of a graph, each as its nodes; a node that needs itself cannot be connected. */
export function cycles(dependencies: readonly (readonly number[])[]): number[][] {
  return components(dependencies).filter((component) => component.length > 1);
}

/** How a visited node ended; what depends on a failed or skipped one is skipped. */
export type VisitResult = "done" | "failed";

export interface WalkOptions {
  /** How many visits may run at once. */
  readonly parallelism: number;
  /** Asked before each visit; true ends the walk: what has not begun is skipped. */
  readonly stopped?: () => boolean;
}

/**
 * Visits every node after all that it depends on, as many at once as allowed. Resolves when nothing runs any
 * more, with the nodes that were skipped. The graph must have no cycle.
 */
export function walk<Node>(
  graph: Graph<Node>,
  visit: (node: Node, index: number) => VisitResult | Promise<VisitResult>,
  options: WalkOptions,
): Promise<ReadonlySet<number>> {
  const count = graph.nodes.length;
  const waiting = new Int32Array(count);
  const dependents: number[][] = Array.from({ length: count }, () => []);
  for (const [node, dependencies] of graph.dependencies.entries()) {
    waiting[node] = dependencies.length;
    for (const dependency of dependencies) dependents[dependency]?.push(node);
  }
  const skipped = new Set<number>();
  const blocked = new Uint8Array(count);
  const ready: number[] = [];
  for (let node = 0; node < count; node++) if (waiting[node] === 0) ready.push(node);

  return new Promise((resolve, reject) => {
    let running = 0;
    let next = 0;
    let broken: { error: unknown } | undefined;

    const finish = (node: number, result: VisitResult | "skipped"): void => {
      for (const dependent of dependents[node] ?? []) {
        if (result !== "done") blocked[dependent] = 1;
        waiting[dependent] = (waiting[dependent] ?? 0) - 1;
        if (waiting[dependent] === 0) ready.push(dependent);
      }
    };
    const pump = (): void => {
      while (next < ready.length && running < options.parallelism && broken === undefined) {
        const node = ready[next++];
        if (node === undefined) break;
        if (blocked[node] === 1 || options.stopped?.() === true) {
          skipped.add(node);
          finish(node, "skipped");
          continue;
        }
        const item = graph.nodes[node];
        if (item === undefined) continue;
        let result: VisitResult | Promise<VisitResult>;
        try {
          result = visit(item, node);
        } catch (error) {
          broken = { error };
          break;
        }
        if (result instanceof Promise) {
          running++;
          result.then(
            (ended) => {
              running--;
              finish(node, ended);
              pump();
            },
            (error: unknown) => {
              running--;
              broken = { error };
              pump();
            },
          );
        } else finish(node, result);
      }
      // A bug in one visit ends the walk, but only after the visits under way have ended: none is abandoned.
      if (running > 0) return;
      if (broken !== undefined) {
        reject(broken.error instanceof Error ? broken.error : new Error(String(broken.error)));
      } else resolve(skipped);
    };
    pump();
  });
}
