import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer, get } from "node:http";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import type { ApplyView, DaemonClient, FleetSpecification, SpawnCommand } from "../../api/index.ts";
import { buildImage, ImageStore } from "../../images/index.ts";
import {
  DiagnosticError,
  fleetId,
  isSystemError,
  newId,
  parseId,
  sha256,
  systemClock,
  systemRandom,
} from "../../kernel/index.ts";
import type { ApplyId, ImageDigest, KilnHome } from "../../kernel/index.ts";
import { temporaryHome } from "./in-process.ts";

const APPLICATION = `
import { createServer } from "node:http";
createServer((request, response) => response.end(process.env.GREETING + " " + process.pid))
  .listen(Number(process.env.PORT), process.env.HOST);
`;
export const LINEAGE = parseId<"lineage">("lineage");
export const ADDRESS = "kiln_fleet.web";
export const FLEET = fleetId(LINEAGE, ADDRESS);
export const ASKED = { who: "ada", why: "kiln apply" };

/** The daemon as it ships, unbuilt. `before`: statements that its process runs first. */
export function command(before = ""): SpawnCommand {
  const flag = "--disable-warning=ExperimentalWarning";
  const entry = path.join(import.meta.dirname, "..", "main.ts");
  if (before === "") return { program: process.execPath, arguments: [flag, entry] };
  const script = `${before}; await import(${JSON.stringify(entry)});`;
  return {
    program: process.execPath,
    arguments: [flag, "--input-type=module-typescript", "-e", script, "--"],
  };
}

/** Fires an image that holds the application, into the home's store. */
export async function fireImage(home: KilnHome): Promise<ImageDigest> {
  const source = path.join(path.dirname(home.root), "source");
  await mkdir(source, { recursive: true });
  await writeFile(path.join(source, "server.mjs"), APPLICATION);
  const result = await buildImage(
    {
      name: "web",
      base: "scratch",
      steps: [{ kind: "copy", source, target: "/app" }],
      entrypoint: ["node", "server.mjs"],
      command: [],
      env: {},
      workdir: "/app",
      labels: {},
    },
    new ImageStore(home.images, systemClock),
    { clock: systemClock, environment: process.env },
  );
  if (result.kind === "failed") throw new DiagnosticError(result.diagnostics);
  return result.digest;
}

/** Processes that have this home in their environment. */
export function processesOf(home: KilnHome): { pid: number; name: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
        if (!environment.includes(`KILN_HOME=${home.root}`)) return [];
        return [
          { pid: Number(name), name: readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0")[0] ?? "" },
        ];
      } catch (error) {
        if (isSystemError(error)) return [];
        throw error;
      }
    });
}

/** A home whose processes are gone when the test ends. */
export async function liveHome(): Promise<KilnHome> {
  const home = await temporaryHome();
  onTestFinished(() => {
    for (let round = 0; round < 3; round++) {
      for (const { pid } of processesOf(home)) process.kill(pid, "SIGKILL");
    }
  });
  return home;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export function specification(
  image: ImageDigest,
  port: number,
  greeting: string,
  replicas = 2,
): FleetSpecification {
  return {
    name: "web",
    replicas,
    listen: { host: "127.0.0.1", port },
    rollout: { strategy: "blue_green", bake: 0, keepWarm: 60_000, drain: 1_000, retainReleases: 3 },
    content: {
      runtime: "process",
      image,
      command: ["node", "server.mjs"],
      executable: { path: process.execPath, digest: sha256(readFileSync(process.execPath)) },
      workdir: "/app",
      environment: { GREETING: greeting },
      secrets: {},
      health: {
        probe: { kind: "http", path: "/" },
        interval: 50,
        timeout: 1_000,
        healthyThreshold: 1,
        unhealthyThreshold: 3,
        startDeadline: 10_000,
      },
      mounts: [],
      limits: {},
      stopTimeout: 2_000,
    },
  };
}

export async function follow(
  client: DaemonClient,
  apply: ApplyId,
  done: (view: ApplyView) => boolean,
): Promise<ApplyView> {
  let view = await client.read({ apply });
  for (const deadline = Date.now() + 30_000; !done(view);) {
    const failed = view.rollouts.find(({ phase }) => phase.kind === "aborted");
    if (failed !== undefined || Date.now() > deadline) {
      throw new Error(`it did not get there: ${JSON.stringify(failed?.phase ?? view, undefined, 2)}`);
    }
    view = await client.read({ apply, after: view.revision, timeout: 1_000 });
  }
  return view;
}

/** One apply from prepare to the end of its rollout. */
export async function deploy(client: DaemonClient, wanted: FleetSpecification): Promise<ApplyView> {
  const apply = newId<"apply">(systemClock, systemRandom);
  const base = (await client.fleet(FLEET))?.fleet.serving;
  const prepared = await client.prepare({
    ...ASKED,
    apply,
    lineage: LINEAGE,
    address: ADDRESS,
    ...(base === undefined ? {} : { base }),
    specification: wanted,
    lease: 30_000,
  });
  if (prepared.kind !== "accepted") throw new Error(JSON.stringify(prepared));
  await follow(client, apply, (view) => view.rollouts.every(({ phase }) => phase.kind === "prepared"));
  const standing = await client.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [FLEET] });
  expect(standing.decision.kind).toBe("commit");
  const view = await follow(client, apply, ({ rollouts }) =>
    rollouts.every(({ phase }) => phase.kind === "complete"),
  );
  await client.settled({ apply });
  return view;
}

export function fetchText(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}

export async function pidsOf(client: DaemonClient): Promise<number[]> {
  const view = await client.fleet(FLEET);
  return (view?.instances ?? []).map((instance) => instance.process?.pid ?? 0).toSorted((a, b) => a - b);
}

export async function eventually<T>(look: () => Promise<T>, good: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 20_000; ;) {
    const value = await look().catch((error: unknown) => {
      if (Date.now() > deadline) throw error;
    });
    if (value !== undefined && good(value)) return value;
    if (Date.now() > deadline) throw new Error(`it did not come true: ${JSON.stringify(value)}`);
    await systemClock.sleep(20);
  }
}
