import { describe, expect, test } from "vitest";
import { impliedType } from "../../engine/index.ts";
import { releaseDigest } from "../../fleets/index.ts";
import {
  convert,
  listValue,
  mapValue,
  nullValue,
  objectValue,
  STRING,
  unknownValue,
} from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attributesOf } from "../resource-provider.ts";
import { FLEET_SCHEMA } from "./fleet-schema.ts";
import { endpointOf, readFleetSettings } from "./fleet-settings.ts";
import { composeRelease, digestOfRef } from "./release-content.ts";
import type { FleetSurroundings } from "./release-content.ts";

/** A configuration of the schema's type: what is not given is null. */
function configOf(given: Record<string, Value>): Value {
  const converted = convert(objectValue(nested(given)), impliedType(FLEET_SCHEMA.block));
  if (!("value" in converted)) throw new Error(converted.problem);
  return converted.value;
}

function nested(given: Record<string, Value>): Record<string, Value> {
  const { attributes, blocks } = FLEET_SCHEMA.block;
  const members: Record<string, Value> = {};
  for (const [name, { type }] of Object.entries(attributes)) members[name] = given[name] ?? nullValue(type);
  for (const [name, { block }] of Object.entries(blocks)) {
    const inner = given[name];
    members[name] =
      inner === undefined
        ? nullValue(impliedType(block))
        : objectValue(
            Object.fromEntries(
              Object.entries(block.attributes).map(([key, { type }]) => [
                key,
                attributesOf(inner)[key] ?? nullValue(type),
              ]),
            ),
          );
  }
  return members;
}

const least = { name: "web", image: `web@sha256:${"0".repeat(64)}` };
const settingsOf = (given: Record<string, Value>) => readFleetSettings(configOf({ ...least, ...given }));

test("a fleet that says nothing has the documented defaults", () => {
  expect(settingsOf({ listen: "127.0.0.1:80" })).toEqual({
    settings: {
      name: "web",
      replicas: 1,
      listen: { host: "127.0.0.1", port: 80 },
      rollout: { strategy: "blue_green", bake: 10_000, keepWarm: 600_000, drain: 30_000, retainReleases: 5 },
      health: {
        probe: { kind: "tcp" },
        interval: 1_000,
        timeout: 2_000,
        healthyThreshold: 1,
        unhealthyThreshold: 3,
        startDeadline: 60_000,
      },
      environment: {},
      stopTimeout: 10_000,
    },
    diagnostics: [],
  });
});

test("a worker is well while it runs", () => {
  expect(settingsOf({}).settings.health.probe).toEqual({ kind: "command", command: ["true"] });
});

test("everything that is said is read", () => {
  const { settings, diagnostics } = settingsOf({
    replicas: 3,
    listen: "[::1]:8080",
    env: mapValue(STRING, [["GREETING", "hi"]]),
    command: listValue(STRING, ["node", "x.js"]),
    stop_timeout: "1m30s",
    health: objectValue({ http: "/healthz", interval: "250ms", unhealthy_threshold: 5 }),
    rollout: objectValue({ bake: "0", keep_warm: "1h" }),
  });
  expect(diagnostics).toEqual([]);
  expect(settings).toMatchObject({
    replicas: 3,
    listen: { host: "::1", port: 8080 },
    environment: { GREETING: "hi" },
    command: ["node", "x.js"],
    stopTimeout: 90_000,
    health: { probe: { kind: "http", path: "/healthz" }, interval: 250, unhealthyThreshold: 5 },
    rollout: { bake: 0, keepWarm: 3_600_000 },
  });
});

describe("what is wrong names its attribute", () => {
  test.each<[string, Record<string, Value>]>([
    ["name", { name: "3web" }],
    ["name", { name: "a_b" }],
    ["replicas", { replicas: -1 }],
    ["listen", { listen: "8080" }],
    ["listen", { listen: "127.0.0.1:0" }],
    ["listen", { listen: "127.0.0.1:70000" }],
    ["port", { port: 3000, replicas: 2 }],
    ["stop_timeout", { stop_timeout: "10" }],
    ["env", { env: mapValue(STRING, [["PORT", "1"]]) }],
    ["env", { env: mapValue(STRING, [["A B", "1"]]) }],
    ["health.http", { health: objectValue({ http: "healthz" }) }],
    ["health.tcp", { health: objectValue({ http: "/", tcp: "port" }) }],
    ["health.interval", { health: objectValue({ interval: "0" }) }],
    ["health.healthy_threshold", { health: objectValue({ healthy_threshold: 0 }) }],
    ["health.command", { health: objectValue({ command: listValue(STRING, []) }) }],
    ["rollout.strategy", { rollout: objectValue({ strategy: "canary" }) }],
    ["rollout.strategy", { rollout: objectValue({ strategy: "rolling" }) }],
    ["rollout.strategy", { rollout: objectValue({ strategy: "bluegreen" }) }],
    ["rollout.bake", { rollout: objectValue({ bake: "soon" }) }],
    ["rollout.retain_releases", { rollout: objectValue({ retain_releases: 0 }) }],
  ])("%s of %j", (attribute, given) => {
    expect(settingsOf(given).diagnostics.map((diagnostic) => diagnostic.attribute)).toEqual([attribute]);
  });

  test("what is not known yet is judged later", () => {
    const unknown = () => unknownValue(STRING);
    expect(settingsOf({ name: unknown(), listen: unknown(), stop_timeout: unknown() }).diagnostics).toEqual(
      [],
    );
  });
});

test("an address for everybody is answered on this machine", () => {
  expect(endpointOf({ host: "0.0.0.0", port: 80 })).toBe("http://127.0.0.1:80");
  expect(endpointOf({ host: "::1", port: 80 })).toBe("http://[::1]:80");
});

describe("a release's content", () => {
  const surroundings: FleetSurroundings = {
    image: () =>
      Promise.resolve({
        entrypoint: ["node"],
        command: ["app.js"],
        environment: { A: "1", B: "1" },
        workdir: "/app",
      }),
    executable: () => Promise.resolve({ executable: { path: "/usr/bin/node", digest: "sha256:n" } }),
  };

  test("lays the fleet over the image, and has the fleets' own identity", async () => {
    const { settings } = settingsOf({ env: mapValue(STRING, [["B", "2"]]) });
    const composed = await composeRelease(settings, least.image, surroundings);
    expect(composed).toMatchObject({
      kind: "composed",
      content: { command: ["node", "app.js"], workdir: "/app", environment: { A: "1", B: "2" } },
    });
    if (composed.kind === "composed") expect(composed.digest).toBe(releaseDigest(composed.content));
  });

  test("does not have what a change of would restart nothing for", async () => {
    const digest = async (given: Record<string, Value>) => {
      const composed = await composeRelease(settingsOf(given).settings, least.image, surroundings);
      return composed.kind === "composed" ? composed.digest : "";
    };
    const base = await digest({ listen: "127.0.0.1:80" });
    expect(await digest({ listen: "127.0.0.1:81", replicas: 9, rollout: objectValue({ bake: "1s" }) })).toBe(
      base,
    );
    expect(await digest({ listen: "127.0.0.1:80", stop_timeout: "1s" })).not.toBe(base);
  });

  test.each(["docker.io/library/nginx:1", "web", "web@sha256:short"])(
    "%s is no image that can be run",
    async (ref) => {
      expect(digestOfRef(ref)).toBeUndefined();
      const composed = await composeRelease(settingsOf({}).settings, ref, surroundings);
      expect(composed).toMatchObject({ kind: "refused", diagnostics: [{ attribute: "image" }] });
    },
  );
});
