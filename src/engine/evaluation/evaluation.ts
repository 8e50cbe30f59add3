import {
  formatConfigResource,
  formatModuleInstance,
  formatResourceName,
  type InstanceKey,
  type Module,
  type ModuleInstance,
  type ResourceName,
} from "../../config/index.ts";
import {
  DYNAMIC,
  type FunctionTable,
  objectValue,
  tupleValue,
  unknownValue,
  type Value,
} from "../../lang/index.ts";
import { Checks } from "./checks.ts";
import type { Expansion } from "./expansion.ts";

/** A module instance: what `var`, `local` and the rest mean inside it. */
export interface ModulePlace {
  readonly module: Module;
  readonly instance: ModuleInstance;
  /** The instance's address; empty for the root. */
  readonly text: string;
}

/** The place of a module's instance. */
export function placeOf(module: Module, instance: ModuleInstance): ModulePlace {
  return { module, instance, text: formatModuleInstance(instance) };
}

export type NamedKind = "var" | "local" | "output";

export interface EvaluationSettings {
  readonly functions: FunctionTable;
  readonly workspace: string;
  /** Absolute. */
  readonly rootDirectory: string;
  readonly workingDirectory: string;
  /** Nothing is expanded: every block stands for all its instances, and what they are is unknown. */
  readonly validating: boolean;
}

/**
 * What is known so far in one walk: the values of names, and of objects, by module instance. Whoever walks the graph
 * writes a node's values before anything that refers to it is evaluated.
 */
export class Evaluation {
  readonly root: Module;
  readonly settings: EvaluationSettings;
  /** What conditions came to. */
  readonly checks = new Checks();
  readonly #named = new Map<string, Value>();
  readonly #calls = new Map<string, Expansion>();
  readonly #resources = new Map<string, Expansion>();
  readonly #objects = new Map<string, Map<InstanceKey, Value>>();
  readonly #resourceValues = new Map<string, Value>();
  readonly #places = new Map<string, readonly ModulePlace[]>();

  constructor(root: Module, settings: EvaluationSettings) {
    this.root = root;
    this.settings = settings;
  }

  setNamed(place: ModulePlace, kind: NamedKind, name: string, value: Value): void {
    this.#named.set(`${place.text}|${kind}.${name}`, value);
  }

  /** The value of a name; unknown where its evaluation failed or was skipped. */
  named(place: { readonly text: string }, kind: NamedKind, name: string): Value {
    return this.#named.get(`${place.text}|${kind}.${name}`) ?? unknownValue(DYNAMIC);
  }

  setCall(place: ModulePlace, name: string, expansion: Expansion): void {
    this.#calls.set(`${place.text}|${name}`, expansion);
  }

  /** The instances of a call; undefined where they are not known. */
  call(place: ModulePlace, name: string): Expansion | undefined {
    return this.#calls.get(`${place.text}|${name}`);
  }

  setExpansion(place: ModulePlace, resource: ResourceName, expansion: Expansion): void {
    this.#resources.set(`${place.text}|${formatResourceName(resource)}`, expansion);
  }

  /** The instances of a block; undefined where they are not known. */
  expansion(place: { readonly text: string }, resource: ResourceName): Expansion | undefined {
    return this.#resources.get(`${place.text}|${formatResourceName(resource)}`);
  }

  /** Notes what an object is, or will be. */
  setObject(moduleText: string, resource: ResourceName, key: InstanceKey, value: Value): void {
    const name = `${moduleText}|${formatResourceName(resource)}`;
    const objects = this.#objects.get(name) ?? new Map<InstanceKey, Value>();
    objects.set(key, value);
    this.#objects.set(name, objects);
    this.#resourceValues.delete(name);
  }

  /** The value of a resource's name: an object, or a tuple or object of them where it is repeated. */
  resource(place: ModulePlace, resource: ResourceName): Value {
    const name = `${place.text}|${formatResourceName(resource)}`;
    const known = this.#resourceValues.get(name);
    if (known !== undefined) return known;
    const value = this.#resourceValue(name);
    this.#resourceValues.set(name, value);
    return value;
  }

  #resourceValue(name: string): Value {
    const expansion = this.#resources.get(name);
    if (expansion === undefined) return unknownValue(DYNAMIC);
    const objects = this.#objects.get(name);
    const valueOf = (key: InstanceKey): Value => objects?.get(key) ?? unknownValue(DYNAMIC);
    return gather(expansion, valueOf);
  }

  /** The value of `module.NAME` with the outputs that are asked for, or all of them. */
  moduleValue(place: ModulePlace, name: string, outputs: ReadonlySet<string> | "all"): Value {
    const expansion = this.call(place, name);
    const child = place.module.children.get(name);
    if (expansion === undefined || child === undefined) return unknownValue(DYNAMIC);
    const wanted =
      outputs === "all" ? child.outputs.keys() : [...outputs].filter((each) => child.outputs.has(each));
    const names = [...wanted];
    return gather(expansion, (key) => {
      const inside = { text: formatModuleInstance([...place.instance, { name, key }]) };
      return objectValue(names.map((output) => [output, this.named(inside, "output", output)] as const));
    });
  }

  /** All instances of a module, as far as its calls are expanded. */
  places(module: Module): readonly ModulePlace[] {
    const key = formatConfigResource(module.path, { mode: "managed", type: "", name: "" });
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const places = this.#findPlaces(module);
    this.#places.set(key, places);
    return places;
  }

  #findPlaces(module: Module): ModulePlace[] {
    let places: ModulePlace[] = [placeOf(this.root, [])];
    for (const name of module.path) {
      places = places.flatMap((place) => {
        const child = place.module.children.get(name);
        const expansion = this.call(place, name);
        if (child === undefined || expansion === undefined) return [];
        return expansion.keys.map((key) => placeOf(child, [...place.instance, { name, key }]));
      });
    }
    return places;
  }
}

function gather(expansion: Expansion, valueOf: (key: InstanceKey) => Value): Value {
  switch (expansion.kind) {
    case "single":
      return valueOf(undefined);
    case "count":
      return tupleValue(expansion.keys.map(valueOf));
    case "for_each":
      return objectValue(expansion.keys.map((key) => [String(key), valueOf(key)] as const));
    case "unknown":
      return unknownValue(DYNAMIC);
  }
}
