import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { components, cycles, Graph, walk } from "./graph.ts";

/** Edges from later to earlier nodes only, so that there is no cycle. */
const acyclic = fc
  .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((rows) => {
    const graph = new Graph<number>();
    for (const [node, row] of rows.entries()) {
      graph.add(node);
      if (node > 0) for (const dependency of row) graph.connect(node, dependency % node);
    }
    return graph;
  });

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("walk", () => {
  test("visits every node once, after all that it depends on", async () => {
    await fc.assert(
      fc.asyncProperty(acyclic, fc.integer({ min: 1, max: 5 }), async (graph, parallelism) => {
        const done = new Set<number>();
        let running = 0;
        const skipped = await walk(
          graph,
          async (node) => {
            expect(++running).toBeLessThanOrEqual(parallelism);
            for (const dependency of graph.dependencies[node] ?? []) expect(done).toContain(dependency);
            await soon();
            expect(done).not.toContain(node);
            done.add(node);
            running--;
            return "done" as const;
          },
          { parallelism },
        );
        expect(done.size).toBe(graph.nodes.length);
        expect(skipped.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  test("skips what depends on a failure, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(acyclic, fc.nat(), async (graph, pick) => {
        const bad = pick % graph.nodes.length;
        const skipped = await walk(graph, (node) => (node === bad ? "failed" : "done"), { parallelism: 3 });
        const behind = new Set([bad]);
        for (const [node, list] of graph.dependencies.entries())
          if (list.some((each) => behind.has(each))) behind.add(node);
        behind.delete(bad);
        expect(skipped).toEqual(behind);
      }),
      { numRuns: 60 },
    );
  });

  test("a bug in one visit is thrown, after the visits under way have ended", async () => {
    const graph = new Graph<string>();
    for (const node of ["slow", "bug", "later"]) graph.add(node);
    let ended = false;
    const visit = async (node: string) => {
      if (node === "bug") throw new Error("a bug");
      await soon();
      ended = true;
      return "done" as const;
    };
    await expect(walk(graph, visit, { parallelism: 2 })).rejects.toThrow("a bug");
    expect(ended).toBe(true);
  });

  test("stops beginning once it is told to", async () => {
    const graph = new Graph<number>();
    for (let node = 0; node < 5; node++) graph.add(node);
    let begun = 0;
    const skipped = await walk(graph, () => (begun++, "done"), { parallelism: 1, stopped: () => begun >= 2 });
    expect(begun).toBe(2);
    expect(skipped.size).toBe(3);
  });
});

describe("components", () => {
  test("finds each cycle whole", () => {
    expect(cycles([[1], [2], [0], [0], [4]]).map((cycle) => cycle.toSorted((a, b) => a - b))).toEqual([
      [0, 1, 2],
    ]);
  });

  test("gives dependencies first", () => {
    fc.assert(
      fc.property(acyclic, ({ dependencies }) => {
        const position = new Map(components(dependencies).map(([node], at) => [node ?? -1, at] as const));
        for (const [node, list] of dependencies.entries()) {
          for (const each of list) expect(position.get(each)).toBeLessThan(position.get(node) ?? -1);
        }
      }),
    );
  });

  test("a chain of 200,000 does not overflow the stack", () => {
    const chain = Array.from({ length: 200_000 }, (_, node) => (node === 0 ? [] : [node - 1]));
    expect(components(chain)).toHaveLength(200_000);
  });
});
