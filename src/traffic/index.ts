export type {
  DrainResult,
  InstanceAddress,
  ListenAddress,
  LostRequests,
  ReleaseMetrics,
  Route,
  RouteTable,
  TableResult,
  TrafficReport,
} from "../fleets/index.ts";
export { embeddedTraffic } from "./embedded.ts";
export type { EmbeddedOptions, EmbeddedTraffic } from "./embedded.ts";
export { bucketBound, LATENCY_BUCKETS, latencyBucket, quantileOf } from "./histogram.ts";
export { CONTROL_VERSION, LineSplitter, parseObject, parseRequest, parseTable } from "./protocol.ts";
export type {
  ControlCalls,
  ControlKind,
  ControlLine,
  ControlNotice,
  ControlRequest,
  Hello,
} from "./protocol.ts";
