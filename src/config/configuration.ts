import type { Body, Expression, Type, Defaults, Value } from "../lang/index.ts";
import type { ModulePath, ResourceName } from "./addresses.ts";
import type { Located } from "./problems.ts";
import type { Reference } from "./references.ts";

/** A condition with what is said where it does not hold. */
export interface Condition {
  readonly condition: Expression;
  readonly message: Expression;
  readonly place: Located;
}

export interface Variable {
  readonly name: string;
  readonly description?: string;
  /** What a value is converted to; `dynamic` where none was declared. */
  readonly type: Type;
  /** Defaults of the constraint's optional attributes; absent where it has none. */
  readonly defaults?: Defaults;
  /** A text from outside is taken as it is (no type or a primitive one was declared), not as an expression. */
  readonly takesText: boolean;
  /** Absent: the variable must be given. Converted to the type. */
  readonly default?: Value;
  readonly sensitive: boolean;
  readonly ephemeral: boolean;
  readonly nullable: boolean;
  readonly validations: readonly Condition[];
  readonly place: Located;
}

export interface Local {
  readonly name: string;
  readonly expression: Expression;
  readonly place: Located;
}

export interface Output {
  readonly name: string;
  readonly description?: string;
  readonly value: Expression;
  readonly sensitive: boolean;
  readonly ephemeral: boolean;
  readonly dependsOn: readonly Reference[];
  readonly preconditions: readonly Condition[];
  readonly place: Located;
}

/** How many instances a block has. */
export type Repetition =
  | { readonly kind: "single" }
  | { readonly kind: "count"; readonly expression: Expression }
  | { readonly kind: "for_each"; readonly expression: Expression };

export interface Lifecycle {
  /** Absent: not said, so that dependents may decide. */
  readonly createBeforeDestroy?: boolean;
  readonly preventDestroy: boolean;
  /** Paths relative to the resource, or all of it. */
  readonly ignoreChanges: "all" | readonly Expression[];
  readonly replaceTriggeredBy: readonly Expression[];
  readonly preconditions: readonly Condition[];
  readonly postconditions: readonly Condition[];
}

/** A provider configuration by the names of its module: `aws` or `aws.west`. */
export interface ProviderName {
  readonly localName: string;
  /** Absent: the default configuration. */
  readonly alias?: string;
}

export interface Resource extends ResourceName {
  /** Everything but the meta-arguments; the provider's schema says what it means. */
  readonly body: Body;
  readonly repetition: Repetition;
  readonly dependsOn: readonly Reference[];
  readonly lifecycle: Lifecycle;
  readonly provider: ProviderName;
  /** The header, `resource "kiln_fleet" "web"`. */
  readonly place: Located;
}

export interface ProviderBlock extends ProviderName {
  readonly body: Body;
  readonly place: Located;
}

export interface RequiredProvider {
  readonly localName: string;
  /** Absent: the registry's address of that name. */
  readonly source?: string;
  readonly constraint?: string;
  /** Aliases that the caller must pass. */
  readonly aliases: readonly string[];
  readonly place: Located;
}

export interface ModuleCall {
  readonly name: string;
  readonly source: string;
  readonly sourcePlace: Located;
  /** The child's variables. */
  readonly arguments: ReadonlyMap<string, Expression>;
  readonly repetition: Repetition;
  readonly dependsOn: readonly Reference[];
  /** Child's provider names and the caller's that they stand for, as `aws.west`. */
  readonly providers: ReadonlyMap<string, ProviderName>;
  readonly place: Located;
}

/** One module of the tree, before its repetition. */
export interface Module {
  readonly path: ModulePath;
  /** Relative to the root module's directory; `.` for the root. */
  readonly directory: string;
  readonly variables: ReadonlyMap<string, Variable>;
  readonly locals: ReadonlyMap<string, Local>;
  readonly outputs: ReadonlyMap<string, Output>;
  /** By `type.name` or `data.type.name`. */
  readonly resources: ReadonlyMap<string, Resource>;
  readonly calls: ReadonlyMap<string, ModuleCall>;
  /** By `name` or `name.alias`. */
  readonly providers: ReadonlyMap<string, ProviderBlock>;
  readonly requiredProviders: ReadonlyMap<string, RequiredProvider>;
  /** The called modules by the name of their call; a call whose source could not be loaded is missing. */
  readonly children: ReadonlyMap<string, Module>;
}

/** The files of a root module and of the modules it calls, understood. */
export interface Configuration {
  readonly root: Module;
  /** The text of every file that was read, by its path relative to the root module's directory. */
  readonly sources: ReadonlyMap<string, string>;
  /** Digest of the sources: equal configurations have equal digests. */
  readonly digest: string;
}

/** The directory is what a module is made of; paths are relative to the root module's. */
export interface ConfigurationFiles {
  /** Names of the files in a directory, or undefined where there is no such directory. */
  list(directory: string): Promise<readonly string[] | undefined>;
  read(file: string): Promise<string | Uint8Array>;
}

/** All modules of a tree, callers before what they call. */
export function allModules(root: Module): Module[] {
  return [root, ...[...root.children.values()].flatMap(allModules)];
}

/** The module that calls this one, and the call; undefined for the root. */
export function callerOf(
  root: Module,
  module: Module,
): { readonly module: Module; readonly call: ModuleCall } | undefined {
  let caller = root;
  for (const name of module.path.slice(0, -1)) {
    const next = caller.children.get(name);
    if (next === undefined) return undefined;
    caller = next;
  }
  const call = caller.calls.get(module.path[module.path.length - 1] ?? "");
  return call === undefined ? undefined : { module: caller, call };
}
