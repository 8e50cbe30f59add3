import {
  compareResourceInstances,
  formatResourceInstance,
  type ResourceInstanceAddress,
} from "../../config/index.ts";
import type { Lineage } from "../../kernel/index.ts";
import type { AttributePath, Json } from "../../lang/index.ts";
import type { CheckResult } from "../evaluation/checks.ts";
import type { JsonObject } from "./json-text.ts";

/** One object that a provider manages, as it was last seen. */
export interface ObjectState {
  /** A tainted object is replaced by the next apply. */
  readonly status: "ready" | "tainted";
  /** The version of the type's schema that `attributes` follow. */
  readonly schemaVersion: number;
  readonly attributes: JsonObject;
  readonly sensitivePaths: readonly AttributePath[];
  /** The provider's own bytes, as the text they were given as; empty: none. */
  readonly private: string;
  /** Addresses of resource blocks that it was made after, such as `module.a.kiln_image.web`; sorted. */
  readonly dependencies: readonly string[];
  readonly createBeforeDestroy: boolean;
}

/** All objects of one address. */
export interface InstanceState {
  readonly address: ResourceInstanceAddress;
  /** The provider configuration, such as `provider["terraform.io/builtin/terraform"]`. */
  readonly provider: string;
  /** Absent where only deposed objects are left. */
  readonly current?: ObjectState;
  /** Objects that wait for their destruction after a replacement, by their key of eight hexadecimal digits. */
  readonly deposed: ReadonlyMap<string, ObjectState>;
}

export interface OutputState {
  readonly value: Json;
  /** In the JSON form of types. */
  readonly type: Json;
  readonly sensitive: boolean;
}

/** A snapshot of what a configuration manages: a value. */
export interface State {
  readonly lineage: Lineage;
  /** Raised with every snapshot that differs; 0 before the first. */
  readonly serial: number;
  readonly outputs: ReadonlyMap<string, OutputState>;
  /** By address. */
  readonly instances: ReadonlyMap<string, InstanceState>;
  /** What the conditions of the configuration came to when it was applied; absent: nothing is known of any. */
  readonly checks?: readonly CheckResult[];
}

/** A state without anything in it. */
export function emptyState(lineage: Lineage): State {
  return { lineage, serial: 0, outputs: new Map(), instances: new Map() };
}

/** Which of an address's objects: the current one, or the deposed one of a key. */
export type ObjectSlot = "current" | { readonly deposed: string };

/** A change of one object in a state; also what the journal keeps of a call's result. */
export interface ObjectChange {
  readonly address: ResourceInstanceAddress;
  readonly provider: string;
  readonly slot: ObjectSlot;
  /** Absent: the object is gone. */
  readonly object?: ObjectState;
}

/** The instances with one object changed; an instance without objects vanishes. */
export function changeObject(instances: Map<string, InstanceState>, change: ObjectChange): void {
  const key = formatResourceInstance(change.address);
  const before = instances.get(key);
  let current = before?.current;
  const deposed = new Map(before?.deposed);
  if (change.slot === "current") current = change.object;
  else if (change.object === undefined) deposed.delete(change.slot.deposed);
  else deposed.set(change.slot.deposed, change.object);
  if (current === undefined && deposed.size === 0) {
    instances.delete(key);
    return;
  }
  instances.set(key, {
    address: change.address,
    provider: change.slot === "current" || before === undefined ? change.provider : before.provider,
    ...(current === undefined ? {} : { current }),
    deposed,
  });
}

/** All instances in the order of their addresses. */
export function sortedInstances(state: State): InstanceState[] {
  return [...state.instances.values()].toSorted((a, b) => compareResourceInstances(a.address, b.address));
}
