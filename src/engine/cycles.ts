import { problemAt } from "../config/index.ts";
import { type Diagnostic, errorDiagnostic } from "../kernel/index.ts";
import type { ConfigurationGraph, ConfigurationNode } from "./configuration-graph.ts";
import { cycles } from "./graph.ts";

/** Says of each cycle who is in it, and where the first of them is. */
export function cycleDiagnostics({ graph }: ConfigurationGraph): Diagnostic[] {
  return cycles(graph.dependencies).map((cycle) => {
    const members = cycle
      .flatMap((number) => graph.nodes[number] ?? [])
      .toSorted((a, b) => (a.text < b.text ? -1 : 1));
    const summary = `Cycle: ${members.map(({ text }) => text).join(", ")}`;
    const detail = "Each of these needs another of them first, so none can be the first.";
    const remedy = "Take one of the references out.";
    const place = members.map(placeOf).find((each) => each !== undefined);
    return place === undefined
      ? errorDiagnostic(summary, detail, { remedy })
      : problemAt(place, summary, detail, { remedy });
  });
}

function placeOf(node: ConfigurationNode) {
  switch (node.kind) {
    case "variable":
      return node.variable.place;
    case "local":
      return node.local.place;
    case "output":
      return node.output.place;
    case "resource":
      return node.resource.place;
    case "call":
    case "close":
      return node.call.place;
    case "provider":
      return node.configuration.block?.place;
  }
}
