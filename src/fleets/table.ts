import type { FleetId, InstanceId, ReleaseNumber } from "../kernel/index.ts";
import type { ListenAddress } from "./release.ts";

/** Where an instance can be reached by the proxy. */
export interface InstanceAddress {
  readonly id: InstanceId;
  readonly host: string;
  readonly port: number;
}

/** One release's share of a route. */
export interface RouteTarget {
  readonly release: ReleaseNumber;
  /** Share of new requests, relative to the other targets; 0 means none at all. */
  readonly weight: number;
  readonly instances: readonly InstanceAddress[];
}

/** Which releases receive a fleet's traffic. */
export interface Route {
  readonly fleet: FleetId;
  readonly name: string;
  readonly listen: ListenAddress;
  readonly targets: readonly RouteTarget[];
}

/**
 * The whole input of the proxy: an immutable value. Tables are ordered by (epoch, version); a proxy refuses a
 * lower one (rule F9 of the commit protocol). An instance that leaves the table finishes its requests in flight.
 */
export interface RouteTable {
  /** The daemon's epoch that wrote it. */
  readonly epoch: number;
  readonly version: number;
  readonly routes: readonly Route[];
}
