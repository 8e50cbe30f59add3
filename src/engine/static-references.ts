import {
  type Condition,
  formatResourceName,
  located,
  type Module,
  problemAt,
  referenceOf,
  referencesIn,
} from "../config/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { Body, Expression } from "../lang/index.ts";
import type { ConfigurationGraph, ConfigurationNode } from "./configuration-graph.ts";
import type { BlockSchema } from "./schema.ts";
import type { Session } from "./session.ts";

/**
 * Adds to what a validation found that references are to attributes which a resource's type lacks: such a reference
 * is an error wherever it stands, also where `try` would hide it. What the evaluation said of the same place is
 * left out.
 */
export function withStaticReferences(session: Session, { graph }: ConfigurationGraph): readonly Diagnostic[] {
  const schemas = new Map<Module, Map<string, BlockSchema>>();
  for (const node of graph.nodes) {
    if (node.kind !== "resource") continue;
    const schema = session.pool.get(node.provider.text)?.schema;
    const table = node.resource.mode === "data" ? schema?.dataSources : schema?.resources;
    const block = table?.[node.resource.type]?.block;
    const ofModule = schemas.get(node.module) ?? new Map<string, BlockSchema>();
    if (block !== undefined) ofModule.set(formatResourceName(node.resource), block);
    schemas.set(node.module, ofModule);
  }
  const found = graph.nodes.flatMap((node) => {
    if (node.kind === "provider" || node.kind === "close") return [];
    return wheresOf(node).flatMap((where) => check(where, schemas.get(node.module) ?? new Map()));
  });
  const rest = session.diagnostics.filter((each) => !found.some((other) => isWithin(each, other)));
  return [...rest, ...found];
}

function conditionsOf(list: readonly Condition[]): Expression[] {
  return list.flatMap(({ condition, message }) => [condition, message]);
}

function wheresOf(node: Exclude<ConfigurationNode, { kind: "provider" | "close" }>): (Expression | Body)[] {
  switch (node.kind) {
    case "variable":
      return conditionsOf(node.variable.validations);
    case "local":
      return [node.local.expression];
    case "output":
      return [node.output.value, ...conditionsOf(node.output.preconditions)];
    case "call":
      return [...node.call.arguments.values()];
    case "resource": {
      const { body, lifecycle } = node.resource;
      return [body, ...conditionsOf([...lifecycle.preconditions, ...lifecycle.postconditions])];
    }
  }
}

function check(where: Expression | Body, schemas: ReadonlyMap<string, BlockSchema>): Diagnostic[] {
  return referencesIn(where).flatMap((traversal) => {
    const result = referenceOf(traversal);
    if ("diagnostic" in result || result.reference.target.kind !== "resource") return [];
    const { target } = result.reference;
    const schema = schemas.get(formatResourceName(target));
    const [step] = target.path;
    if (schema === undefined || step?.kind !== "attribute") return [];
    if (schema.attributes[step.name] !== undefined || schema.blocks[step.name] !== undefined) return [];
    return [
      problemAt(
        located(traversal.source, { start: traversal.start, end: step.end }),
        "Unsupported attribute",
        `This object has no argument, nested block, or exported attribute named "${step.name}".`,
      ),
    ];
  });
}

function isWithin({ summary, subject }: Diagnostic, other: Diagnostic): boolean {
  if (summary !== other.summary || subject === undefined || other.subject === undefined) return false;
  return (
    subject.filename === other.subject.filename &&
    subject.start.byte >= other.subject.start.byte &&
    subject.end.byte <= other.subject.end.byte
  );
}
