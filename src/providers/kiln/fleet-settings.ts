import type { FleetSpecification, ReleaseContent } from "../../api/index.ts";
import { errorDiagnostic, parseDuration } from "../../kernel/index.ts";
import type { Diagnostic, Milliseconds } from "../../kernel/index.ts";
import { isNull, isUnknown } from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute } from "../resource-provider.ts";
import { FLEET_DEFAULTS } from "./fleet-schema.ts";
import { textMapOf, textsOf } from "./values.ts";

const NAME = /^[a-z][a-z0-9-]{0,62}$/i;
const LARGEST_REPLICAS = 1_000;

/** Everything of a fleet that does not come from its image. */
export interface FleetSettings {
  readonly name: string;
  readonly replicas: number;
  readonly listen?: NonNullable<FleetSpecification["listen"]>;
  readonly rollout: FleetSpecification["rollout"];
  readonly health: ReleaseContent["health"];
  readonly environment: Readonly<Record<string, string>>;
  /** Absent: the image's. */
  readonly command?: readonly string[];
  /** Absent: the image's. */
  readonly workdir?: string;
  readonly port?: number;
  readonly stopTimeout: Milliseconds;
}

/**
 * Reads a fleet's arguments. Unknown ones count as absent, and are read again when they are known; diagnostics name
 * the attributes that are wrong.
 */
export function readFleetSettings(config: Value): {
  readonly settings: FleetSettings;
  readonly diagnostics: readonly Diagnostic[];
} {
  const reader = new Reader();
  const name = reader.text(config, "name") ?? "";
  if (name !== "" && !NAME.test(name)) {
    reader.wrong(
      "name",
      "Invalid fleet name",
      `"${name}" does not start with a letter, or has other characters than letters, digits and dashes, or more than 63.`,
    );
  }
  const replicas = reader.number(config, "replicas", 0, LARGEST_REPLICAS) ?? FLEET_DEFAULTS.replicas;
  const listen = reader.listen(config);
  const port = reader.number(config, "port", 1, 65_535);
  if (port !== undefined && replicas > 1) {
    reader.wrong(
      "port",
      "A fixed port needs a network of its own for each instance",
      `Under the process runtime all ${replicas} instances share the machine's ports, so only one of them could listen at ${port}.`,
      "Leave port out, and let the program listen at the PORT of its environment.",
    );
  }
  const command = textsOf(config, "command");
  const workdir = reader.text(config, "workdir");
  const settings: FleetSettings = {
    name,
    replicas,
    ...(listen === undefined ? {} : { listen }),
    rollout: readRollout(reader, blockOf(config, "rollout")),
    health: readHealth(reader, blockOf(config, "health"), listen !== undefined || port !== undefined),
    environment: reader.environment(config),
    ...(command === undefined ? {} : { command }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(port === undefined ? {} : { port }),
    stopTimeout: reader.duration(config, "stop_timeout") ?? FLEET_DEFAULTS.stopTimeout,
  };
  return { settings, diagnostics: reader.problems };
}

function blockOf(config: Value, name: string): Value | undefined {
  const block = attribute(config, name);
  return isNull(block) || isUnknown(block) ? undefined : block;
}

function readRollout(reader: Reader, block: Value | undefined): FleetSettings["rollout"] {
  const strategy = reader.text(block, "strategy");
  if (strategy !== undefined && strategy !== "blue_green") {
    const known = strategy === "canary" || strategy === "rolling" || strategy === "recreate";
    reader.wrong(
      "rollout.strategy",
      known ? "Rollout strategy not supported yet" : "Unknown rollout strategy",
      known
        ? `This version of Kiln cannot roll out with the strategy "${strategy}".`
        : `There is no strategy "${strategy}".`,
      'Use strategy = "blue_green".',
    );
  }
  return {
    strategy: "blue_green",
    bake: reader.duration(block, "bake", "rollout.") ?? FLEET_DEFAULTS.bake,
    keepWarm: reader.duration(block, "keep_warm", "rollout.") ?? FLEET_DEFAULTS.keepWarm,
    drain: reader.duration(block, "drain", "rollout.") ?? FLEET_DEFAULTS.drain,
    retainReleases:
      reader.number(block, "retain_releases", 1, 1_000, "rollout.") ?? FLEET_DEFAULTS.retainReleases,
  };
}

function readHealth(reader: Reader, block: Value | undefined, listens: boolean): FleetSettings["health"] {
  const positive = (name: string): Milliseconds | undefined => {
    const duration = reader.duration(block, name, "health.");
    if (duration === 0) {
      reader.wrong(`health.${name}`, "Invalid duration", `health.${name} must be longer than nothing.`);
    }
    return duration;
  };
  return {
    probe: readProbe(reader, block, listens),
    interval: positive("interval") ?? FLEET_DEFAULTS.interval,
    timeout: positive("timeout") ?? FLEET_DEFAULTS.timeout,
    healthyThreshold:
      reader.number(block, "healthy_threshold", 1, 1_000, "health.") ?? FLEET_DEFAULTS.healthyThreshold,
    unhealthyThreshold:
      reader.number(block, "unhealthy_threshold", 1, 1_000, "health.") ?? FLEET_DEFAULTS.unhealthyThreshold,
    startDeadline: positive("start_deadline") ?? FLEET_DEFAULTS.startDeadline,
  };
}

function readProbe(
  reader: Reader,
  block: Value | undefined,
  listens: boolean,
): ReleaseContent["health"]["probe"] {
  const http = reader.text(block, "http");
  const tcp = reader.text(block, "tcp");
  const command = textsOf(block, "command");
  const given = Object.entries({ http, tcp, command }).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    reader.wrong(
      `health.${given[1]?.[0] ?? "http"}`,
      "More than one health check",
      `A fleet has one of health.http, health.tcp and health.command, and ${given.map(([name]) => name).join(" and ")} are there.`,
    );
  }
  if (http !== undefined) {
    if (!http.startsWith("/")) {
      reader.wrong(
        "health.http",
        "Invalid path",
        `"${http}" does not begin with a slash, as "/healthz" does.`,
      );
    }
    return { kind: "http", path: http };
  }
  if (command !== undefined) {
    if (command.length === 0) {
      reader.wrong("health.command", "Empty command", "health.command names no program to run.");
    }
    return { kind: "command", command };
  }
  if (tcp !== undefined && tcp !== "port") {
    reader.wrong("health.tcp", "Invalid health check", `health.tcp can only be "port", and is "${tcp}".`);
  }
  // A worker has no port to connect to: that it runs is all that can be asked of it.
  return listens || tcp !== undefined ? { kind: "tcp" } : { kind: "command", command: ["true"] };
}

class Reader {
  readonly problems: Diagnostic[] = [];

  wrong(attributePath: string, summary: string, detail: string, remedy?: string): void {
    this.problems.push(
      errorDiagnostic(summary, detail, {
        attribute: attributePath,
        ...(remedy === undefined ? {} : { remedy }),
      }),
    );
  }

  text(object: Value | undefined, name: string): string | undefined {
    const value = object === undefined ? undefined : attribute(object, name);
    return typeof value === "string" ? value : undefined;
  }

  environment(config: Value): Record<string, string> {
    const environment = textMapOf(config, "env") ?? {};
    for (const name of Object.keys(environment)) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        this.wrong(
          "env",
          "Invalid name of a variable",
          `"${name}" cannot be the name of an environment variable.`,
        );
      } else if (name === "PORT" || name === "HOST" || name.startsWith("KILN_")) {
        this.wrong("env", "Reserved environment variable", `${name} is set by Kiln for each instance.`);
      }
    }
    return environment;
  }

  number(
    object: Value | undefined,
    name: string,
    least: number,
    most: number,
    prefix = "",
  ): number | undefined {
    const value = object === undefined ? undefined : attribute(object, name);
    if (value === undefined || isNull(value) || isUnknown(value)) return undefined;
    if (typeof value !== "number" || value < least || value > most) {
      const found = typeof value === "number" ? String(value) : "no whole number";
      this.wrong(
        `${prefix}${name}`,
        "Invalid number",
        `${prefix}${name} must be a whole number from ${least} to ${most}, and is ${found}.`,
      );
      return undefined;
    }
    return value;
  }

  duration(object: Value | undefined, name: string, prefix = ""): Milliseconds | undefined {
    const text = this.text(object, name);
    if (text === undefined) return undefined;
    const duration = parseDuration(text);
    if (duration === undefined) {
      this.wrong(
        `${prefix}${name}`,
        "Invalid duration",
        `"${text}" is no duration.`,
        'Write it with its unit, as "250ms", "30s", "1m30s" or "2h".',
      );
    }
    return duration;
  }

  listen(config: Value): FleetSettings["listen"] | undefined {
    const text = this.text(config, "listen");
    if (text === undefined) return undefined;
    const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
    const port = Number(match?.[3]);
    if (match === null || port < 1 || port > 65_535) {
      this.wrong(
        "listen",
        "Invalid address",
        `"${text}" is no HOST:PORT with a port from 1 to 65535.`,
        'Write it as "127.0.0.1:8080" for this machine alone, or "0.0.0.0:8080" for everybody.',
      );
      return undefined;
    }
    return { host: match[1] ?? match[2] ?? "", port };
  }
}

/** `http://HOST:PORT` of an address; a host that means every interface is answered on this machine. */
export function endpointOf(listen: NonNullable<FleetSpecification["listen"]>): string {
  const host = listen.host === "0.0.0.0" || listen.host === "::" ? "127.0.0.1" : listen.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${listen.port}`;
}
