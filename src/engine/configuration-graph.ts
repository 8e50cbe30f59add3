import {
  allModules,
  callerOf,
  formatConfigResource,
  formatModulePath,
  formatResourceName,
  joinAddress,
  type Local,
  type Module,
  type ModuleCall,
  type Output,
  type Reference,
  type ReferenceTarget,
  referenceOf,
  referencesIn,
  type Resource,
  type Variable,
} from "../config/index.ts";
import type { Body, Expression } from "../lang/index.ts";
import { Graph } from "./graph.ts";
import type { ProviderConfiguration } from "./provider-configurations.ts";

/** One thing of the configuration, before its repetition. */
export type ConfigurationNode =
  | { readonly kind: "variable"; readonly module: Module; readonly variable: Variable; readonly text: string }
  | { readonly kind: "local"; readonly module: Module; readonly local: Local; readonly text: string }
  | { readonly kind: "output"; readonly module: Module; readonly output: Output; readonly text: string }
  | {
      readonly kind: "resource";
      readonly module: Module;
      readonly resource: Resource;
      readonly provider: ProviderConfiguration;
      readonly text: string;
    }
  /** Decides the instances of a call; everything inside comes after it. */
  | { readonly kind: "call"; readonly module: Module; readonly call: ModuleCall; readonly text: string }
  /** Everything inside a call is done. */
  | { readonly kind: "close"; readonly module: Module; readonly call: ModuleCall; readonly text: string }
  | {
      readonly kind: "provider";
      readonly configuration: ProviderConfiguration;
      readonly text: string;
      /** The first resource that goes through it; absent where only the state needs it. */
      readonly user?: Resource;
    };

export interface ConfigurationGraph {
  readonly graph: Graph<ConfigurationNode>;
  /** Numbers of the nodes by their text. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** How a resource finds the configuration of its provider. */
export type FindProvider = (module: Module, resource: Resource) => ProviderConfiguration;

/**
 * Builds the graph of a configuration from its references: every node after what it refers to. `extra` are provider
 * configurations that only the state needs.
 */
export function buildConfigurationGraph(
  root: Module,
  findProvider: FindProvider,
  extra: readonly ProviderConfiguration[] = [],
): ConfigurationGraph {
  const graph = new Graph<ConfigurationNode>();
  const numbers = new Map<string, number>();
  const add = (node: ConfigurationNode): number => {
    const number = graph.add(node);
    numbers.set(node.text, number);
    return number;
  };
  const provider = (configuration: ProviderConfiguration, user?: Resource): void => {
    const { text } = configuration;
    if (!numbers.has(text))
      add({ kind: "provider", configuration, text, ...(user === undefined ? {} : { user }) });
  };
  for (const module of allModules(root)) {
    const prefix = formatModulePath(module.path);
    for (const call of module.calls.values()) {
      const text = joinAddress(prefix, `module.${call.name}`);
      add({ kind: "call", module, call, text: `${text} (expand)` });
      add({ kind: "close", module, call, text: `${text} (close)` });
    }
    for (const variable of module.variables.values()) {
      add({ kind: "variable", module, variable, text: joinAddress(prefix, `var.${variable.name}`) });
    }
    for (const local of module.locals.values()) {
      add({ kind: "local", module, local, text: joinAddress(prefix, `local.${local.name}`) });
    }
    for (const output of module.outputs.values()) {
      add({ kind: "output", module, output, text: joinAddress(prefix, `output.${output.name}`) });
    }
    for (const resource of module.resources.values()) {
      const configuration = findProvider(module, resource);
      provider(configuration, resource);
      const text = formatConfigResource(module.path, resource);
      add({ kind: "resource", module, resource, provider: configuration, text });
    }
  }
  for (const configuration of extra) provider(configuration);
  for (const [number, node] of graph.nodes.entries()) connect(graph, numbers, number, node, root);
  return { graph, numbers };
}

function connect(
  graph: Graph<ConfigurationNode>,
  numbers: ReadonlyMap<string, number>,
  number: number,
  node: ConfigurationNode,
  root: Module,
): void {
  const after = (text: string): void => {
    const dependency = numbers.get(text);
    if (dependency !== undefined) graph.connect(number, dependency);
  };
  const uses = (module: Module, wheres: readonly (Expression | Body)[]): void => {
    const seen = new Set<string>();
    for (const target of wheres.flatMap(targetsIn))
      for (const text of nodesOf(module, target)) seen.add(text);
    for (const text of seen) after(text);
  };
  const dependsOn = (module: Module, list: readonly Reference[]): void => {
    for (const { target } of list) {
      const prefix = formatModulePath(module.path);
      if (target.kind === "module") after(joinAddress(prefix, `module.${target.name} (close)`));
      else for (const text of nodesOf(module, target)) after(text);
    }
  };
  if (node.kind === "provider") {
    const { block, module } = node.configuration;
    if (block !== undefined) uses(module, [block.body]);
    return;
  }
  const { module } = node;
  const prefix = formatModulePath(module.path);
  if (module.path.length > 0) {
    after(`${prefix} (expand)`);
    // Whoever waits for the call as a whole waits for this.
    const close = numbers.get(`${prefix} (close)`);
    if (close !== undefined) graph.connect(close, number);
  }
  switch (node.kind) {
    case "variable": {
      const caller = callerOf(root, module);
      const argument = caller?.call.arguments.get(node.variable.name);
      if (caller !== undefined && argument !== undefined) uses(caller.module, [argument]);
      const own = `var.${node.variable.name}`;
      for (const { condition, message } of node.variable.validations) {
        for (const target of [condition, message].flatMap(targetsIn)) {
          for (const text of nodesOf(module, target)) if (text !== joinAddress(prefix, own)) after(text);
        }
      }
      break;
    }
    case "local":
      uses(module, [node.local.expression]);
      break;
    case "output":
      uses(module, [node.output.value, ...conditionsOf(node.output.preconditions)]);
      dependsOn(module, node.output.dependsOn);
      break;
    case "resource": {
      const { resource } = node;
      const own = new Set([node.text]);
      const { lifecycle } = resource;
      const conditions = conditionsOf([...lifecycle.preconditions, ...lifecycle.postconditions]);
      for (const target of [
        resource.body,
        ...repetitionOf(resource),
        ...lifecycle.replaceTriggeredBy,
      ].flatMap(targetsIn)) {
        for (const text of nodesOf(module, target)) {
          // A resource that refers to itself is a cycle of one, which the graph cannot say.
          if (!own.has(text)) after(text);
        }
      }
      for (const target of conditions.flatMap(targetsIn)) {
        for (const text of nodesOf(module, target)) if (!own.has(text)) after(text);
      }
      dependsOn(module, resource.dependsOn);
      after(node.provider.text);
      break;
    }
    case "call":
      uses(module, repetitionOf(node.call));
      dependsOn(module, node.call.dependsOn);
      break;
    case "close":
      after(joinAddress(prefix, `module.${node.call.name} (expand)`));
      break;
  }
}

function repetitionOf(block: { readonly repetition: Resource["repetition"] }): Expression[] {
  return block.repetition.kind === "single" ? [] : [block.repetition.expression];
}

function conditionsOf(list: Output["preconditions"]): Expression[] {
  return list.flatMap(({ condition, message }) => [condition, message]);
}

function targetsIn(where: Expression | Body): ReferenceTarget[] {
  return referencesIn(where).flatMap((traversal) => {
    const result = referenceOf(traversal);
    return "reference" in result ? [result.reference.target] : [];
  });
}

/** The nodes that a reference needs. */
function nodesOf(module: Module, target: ReferenceTarget): string[] {
  const prefix = formatModulePath(module.path);
  switch (target.kind) {
    case "variable":
      return [joinAddress(prefix, `var.${target.name}`)];
    case "local":
      return [joinAddress(prefix, `local.${target.name}`)];
    case "resource":
      return [joinAddress(prefix, formatResourceName(target))];
    case "module": {
      const child = module.children.get(target.name);
      const inside = joinAddress(prefix, `module.${target.name}`);
      const outputs = target.output === undefined ? [...(child?.outputs.keys() ?? [])] : [target.output];
      // A reference to the whole module waits for all of it.
      const whole = target.output === undefined ? [`${inside} (close)`] : [];
      return [`${inside} (expand)`, ...whole, ...outputs.map((output) => `${inside}.output.${output}`)];
    }
    default:
      return [];
  }
}
