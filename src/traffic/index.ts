export type {
  DrainResult,
  InstanceAddress,
  ListenAddress,
  ReleaseMetrics,
  Route,
  RouteTable,
  TableResult,
  TrafficReport,
} from "../fleets/index.ts";
export { embeddedTraffic } from "./embedded.ts";
export { CONTROL_VERSION, LineSplitter, parseObject, parseRequest, parseTable } from "./protocol.ts";
export type { ControlCalls, ControlKind, ControlLine, ControlNotice, ControlRequest } from "./protocol.ts";
