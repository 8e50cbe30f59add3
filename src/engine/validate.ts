import { didYouMean, problemAt, type Configuration } from "../config/index.ts";
import { type Diagnostic, hasErrors } from "../kernel/index.ts";
import { unknownValue } from "../lang/index.ts";
import { configureProvider } from "./configure.ts";
import {
  buildConfigurationGraph,
  type ConfigurationGraph,
  type ConfigurationNode,
} from "./configuration-graph.ts";
import { cycleDiagnostics } from "./cycles.ts";
import { expand, SINGLE, UNKNOWN_EXPANSION } from "./evaluation/expansion.ts";
import { visitNamed } from "./evaluation/named.ts";
import { evaluateAt } from "./evaluation/scope.ts";
import { impliedType } from "./objects/implied-type.ts";
import { ignoredPaths } from "./plan/ignore-changes.ts";
import { instanceConfig } from "./plan/plan-instance.ts";
import { findProviderConfiguration } from "./provider-configurations.ts";
import { ProviderPool } from "./provider-pool.ts";
import type { ProviderSource } from "./provider.ts";
import { withStaticReferences } from "./static-references.ts";
import { beginSession, type Session, type SessionOptions } from "./session.ts";
import { walk } from "./graph.ts";

/** The graph of a configuration, without what only a state needs. */
export function graphOf(configuration: Configuration, providers: ProviderSource): ConfigurationGraph {
  const { root } = configuration;
  const implied = (localName: string): string => providers.implied(localName);
  return buildConfigurationGraph(root, (module, resource) =>
    findProviderConfiguration(root, module, resource.provider, implied),
  );
}

/**
 * Checks a configuration against the schemas of its providers, with every value unknown that is not constant. No
 * provider is configured and nothing outside is read.
 */
export async function validate(
  configuration: Configuration,
  options: SessionOptions,
): Promise<readonly Diagnostic[]> {
  const pool = new ProviderPool(options.providers);
  const graph = graphOf(configuration, options.providers);
  try {
    return await validateWith(configuration, options, pool, graph);
  } finally {
    await pool.close();
  }
}

/** The same, with providers that are used further. */
export async function validateWith(
  configuration: Configuration,
  options: SessionOptions,
  pool: ProviderPool,
  configurationGraph: ConfigurationGraph,
): Promise<readonly Diagnostic[]> {
  const found = cycleDiagnostics(configurationGraph);
  if (found.length > 0) return found;
  const session = beginSession(
    configuration,
    new Map(),
    options,
    pool,
    "validate",
    options.surroundings.clock.now(),
  );
  await walk(
    configurationGraph.graph,
    (node) => visit(session, node).then((well) => (well ? "done" : "failed")),
    {
      parallelism: Number.POSITIVE_INFINITY,
    },
  );
  return withStaticReferences(session, configurationGraph);
}

async function visit(session: Session, node: ConfigurationNode): Promise<boolean> {
  switch (node.kind) {
    case "provider":
      return await configureProvider(session, node.configuration, node.user, session.diagnostics);
    case "resource":
      return await visitResource(session, node);
    default:
      return visitNamed(session.evaluation, node, new Map(), session.diagnostics);
  }
}

async function visitResource(
  session: Session,
  node: Extract<ConfigurationNode, { kind: "resource" }>,
): Promise<boolean> {
  const { resource, provider } = node;
  const { evaluation, diagnostics } = session;
  const loaded = session.pool.get(provider.text);
  if (loaded === undefined) return false;
  const table = resource.mode === "managed" ? loaded.schema.resources : loaded.schema.dataSources;
  const schema = table[resource.type];
  if (schema === undefined) {
    diagnostics.push(
      problemAt(
        resource.place,
        resource.mode === "managed" ? "Invalid resource type" : "Invalid data source",
        `The provider ${provider.source} does not support ${resource.mode === "managed" ? "resource type" : "data source"} "${resource.type}".${didYouMean(resource.type, Object.keys(table))}`,
      ),
    );
    return false;
  }
  if (resource.lifecycle.ignoreChanges !== "all") {
    ignoredPaths(resource.lifecycle.ignoreChanges, schema.block, diagnostics);
  }
  // Every instance of a module looks the same while nothing is known: one stands for all.
  const [place] = evaluation.places(node.module);
  if (place === undefined) return false;
  const { repetition } = resource;
  const own: Diagnostic[] = [];
  if (repetition.kind !== "single") {
    const result = evaluateAt(evaluation, place, repetition.expression);
    own.push(...result.diagnostics);
    if (!hasErrors(own)) expand(repetition, result.value, true, own);
  }
  const expansion = repetition.kind === "single" ? SINGLE : UNKNOWN_EXPANSION;
  for (const each of evaluation.places(node.module)) {
    evaluation.setExpansion(each, resource, expansion);
    evaluation.setObject(
      each.text,
      resource,
      undefined,
      unknownValue(impliedType(schema.block), { notNull: true }),
    );
  }
  const instance = { place, expansion, key: undefined, resource, types: { loaded, schema }, text: node.text };
  await instanceConfig({ session }, instance, own);
  diagnostics.push(...own);
  return !hasErrors(own);
}
