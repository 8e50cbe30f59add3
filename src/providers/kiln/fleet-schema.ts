import type { AttributeSchema, Schema } from "../../engine/index.ts";
import type { AttributeUse } from "../../engine/index.ts";
import { listType, mapType, NUMBER, STRING } from "../../lang/index.ts";
import type { Type } from "../../lang/index.ts";

/** What holds where a fleet does not say otherwise; durations in milliseconds. */
export const FLEET_DEFAULTS = {
  replicas: 1,
  interval: 1_000,
  timeout: 2_000,
  healthyThreshold: 1,
  unhealthyThreshold: 3,
  startDeadline: 60_000,
  bake: 10_000,
  keepWarm: 600_000,
  drain: 30_000,
  retainReleases: 5,
  stopTimeout: 10_000,
} as const;

const of = (type: Type, use: AttributeUse, description: string): AttributeSchema => ({
  type,
  use,
  description,
});

export const FLEET_SCHEMA: Schema = {
  version: 0,
  block: {
    description: "N identical instances of one image behind one address.",
    attributes: {
      name: of(STRING, "required", "Unique name; starts with a letter."),
      image: of(STRING, "required", "The image that instances are made from: a kiln_image's ref."),
      replicas: of(NUMBER, "optional", "How many instances; 1."),
      listen: of(STRING, "optional", "HOST:PORT that traffic comes in at; without it the fleet is a worker."),
      env: of(mapType(STRING), "optional", "Environment, on top of the image's."),
      command: of(
        listType(STRING),
        "optional",
        "What is executed instead of the image's entrypoint and command.",
      ),
      workdir: of(STRING, "optional", "Working directory in the image; the image's."),
      port: of(NUMBER, "optional", "Fixed port of the instance; chosen for each."),
      stop_timeout: of(STRING, "optional", "From SIGTERM to SIGKILL; 10s."),
      release: of(NUMBER, "computed", "Number of the release that serves."),
      endpoint: of(STRING, "computed", "URL that the fleet answers at; null for a worker."),
    },
    blocks: {
      health: {
        nesting: "single",
        block: {
          description:
            "How an instance is asked whether it is well. Without it: a TCP connection is accepted.",
          attributes: {
            http: of(STRING, "optional", "Path whose answer must have a status of 200 to 299."),
            tcp: of(STRING, "optional", 'Set to "port" to ask for a TCP connection to the instance\'s port.'),
            command: of(listType(STRING), "optional", "Command that must exit with 0, run in the instance."),
            interval: of(STRING, "optional", "Between checks; 1s."),
            timeout: of(STRING, "optional", "Of one check; 2s."),
            healthy_threshold: of(NUMBER, "optional", "Successes in a row that make an instance ready; 1."),
            unhealthy_threshold: of(NUMBER, "optional", "Failures in a row that make it failed; 3."),
            start_deadline: of(STRING, "optional", "By when it must be ready; 60s."),
          },
          blocks: {},
        },
      },
      rollout: {
        nesting: "single",
        block: {
          description: "How traffic moves from one release to the next.",
          attributes: {
            strategy: of(STRING, "optional", "blue_green."),
            bake: of(STRING, "optional", "How long the new release is watched after the switch; 10s."),
            keep_warm: of(
              STRING,
              "optional",
              "How long the old release stays ready to be rolled back to; 10m.",
            ),
            drain: of(STRING, "optional", "How long requests in flight may take after the switch; 30s."),
            retain_releases: of(NUMBER, "optional", "Releases kept as rollback targets; 5."),
          },
          blocks: {},
        },
      },
    },
  },
};
