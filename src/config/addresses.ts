/** What tells the instances of one block apart: an index of `count`, a key of `for_each`, or nothing. */
export type InstanceKey = number | string | undefined;

/** One call on the way from the root module to a module instance. */
export interface ModuleStep {
  readonly name: string;
  readonly key: InstanceKey;
}

/** An instance of a module; the root module is the empty list. */
export type ModuleInstance = readonly ModuleStep[];

/** A module as it is written: the names of the calls that lead to it. */
export type ModulePath = readonly string[];

export type ResourceMode = "managed" | "data";

/** A resource block within its module. */
export interface ResourceName {
  readonly mode: ResourceMode;
  readonly type: string;
  readonly name: string;
}

/** One object's address in the whole configuration. */
export interface ResourceInstanceAddress extends ResourceName {
  readonly module: ModuleInstance;
  readonly key: InstanceKey;
}

/** `[0]`, `["a"]` or nothing. */
export function formatKey(key: InstanceKey): string {
  if (key === undefined) return "";
  return typeof key === "number" ? `[${key}]` : `[${quote(key)}]`;
}

function quote(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replaceAll("${", "$${")
    .replaceAll("%{", "%%{");
  return `"${escaped}"`;
}

/** `module.a[0].module.b`; empty for the root module. */
export function formatModuleInstance(module: ModuleInstance): string {
  return module.map((step) => `module.${step.name}${formatKey(step.key)}`).join(".");
}

/** `module.a.module.b`; empty for the root module. */
export function formatModulePath(path: ModulePath): string {
  return path.map((name) => `module.${name}`).join(".");
}

/** `kiln_fleet.web` or `data.local_file.a`, within its module. */
export function formatResourceName(resource: ResourceName): string {
  return `${resource.mode === "data" ? "data." : ""}${resource.type}.${resource.name}`;
}

/** `module.a.kiln_fleet.web`: the block, whatever its instances. */
export function formatConfigResource(path: ModulePath, resource: ResourceName): string {
  return joinAddress(formatModulePath(path), formatResourceName(resource));
}

/** `module.a[0].kiln_fleet.web["b"]`. */
export function formatResourceInstance(address: ResourceInstanceAddress): string {
  return joinAddress(
    formatModuleInstance(address.module),
    `${formatResourceName(address)}${formatKey(address.key)}`,
  );
}

/** Puts a module's address before something inside it. */
export function joinAddress(module: string, rest: string): string {
  return module === "" ? rest : `${module}.${rest}`;
}

/** The calls without their keys. */
export function modulePathOf(module: ModuleInstance): ModulePath {
  return module.map((step) => step.name);
}

/** Keys in the order Terraform lists them: none, then numbers, then strings by code unit. */
export function compareKeys(a: InstanceKey, b: InstanceKey): number {
  if (a === b) return 0;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  if (typeof a === "number") return typeof b === "number" ? a - b : -1;
  if (typeof b === "number") return 1;
  return a < b ? -1 : 1;
}

/** Modules by depth of the common part, then by name and key; the root module first. */
export function compareModules(a: ModuleInstance, b: ModuleInstance): number {
  const shared = Math.min(a.length, b.length);
  for (let index = 0; index < shared; index++) {
    const left = a[index];
    const right = b[index];
    if (left === undefined || right === undefined) break;
    if (left.name !== right.name) return left.name < right.name ? -1 : 1;
    const byKey = compareKeys(left.key, right.key);
    if (byKey !== 0) return byKey;
  }
  return a.length - b.length;
}

/** By module, then data sources before managed resources, then type, name and key. */
export function compareResourceInstances(a: ResourceInstanceAddress, b: ResourceInstanceAddress): number {
  const byModule = compareModules(a.module, b.module);
  if (byModule !== 0) return byModule;
  if (a.mode !== b.mode) return a.mode === "data" ? -1 : 1;
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareKeys(a.key, b.key);
}
