import { once } from "node:events";
import { appendFile, chmod } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { connect, DaemonUnreachable, ensureDaemon } from "../api/index.ts";
import { newId, systemClock, systemRandom } from "../kernel/index.ts";
import {
  ADDRESS,
  ASKED,
  command,
  deploy,
  eventually,
  fetchText,
  fireImage,
  FLEET,
  follow,
  freePort,
  LINEAGE,
  liveHome,
  pidsOf,
  processesOf,
  specification,
} from "./testing/processes.ts";

describe("running fleets", () => {
  test("survive the daemon and the proxy, and leave nothing behind", { timeout: 60_000 }, async () => {
    const home = await liveHome();
    const port = await freePort();
    const image = await fireImage(home);
    const client = await ensureDaemon(home, command());
    await deploy(client, specification(image, port, "one"));
    expect(await fetchText(port)).toMatch(/^one \d+$/);
    const pids = await pidsOf(client);
    expect(pids).toHaveLength(2);

    // The daemon is killed: traffic goes on, and the next one adopts what runs.
    process.kill((await client.version()).pid, "SIGKILL");
    expect(await fetchText(port)).toMatch(/^one \d+$/);
    expect(await pidsOf(client)).toEqual(pids);
    expect(pids).toContain(Number((await fetchText(port)).split(" ")[1]));

    // A second release, through the adopted first.
    await deploy(client, specification(image, port, "two"));
    expect(await fetchText(port)).toMatch(/^two \d+$/);

    // The proxy is killed: it is started again with the table.
    const proxy = processesOf(home).find(({ name }) => name.startsWith("kiln-proxy"));
    expect(proxy).toBeDefined();
    if (proxy !== undefined) process.kill(proxy.pid, "SIGKILL");
    await eventually(
      () => fetchText(port),
      (text) => text.startsWith("two "),
    );
    const kinds: string[] = [];
    await eventually(
      async () => {
        kinds.length = 0;
        for await (const { event } of client.events()) kinds.push(event.kind);
        return kinds;
      },
      (found) => found.includes("proxy_ended"),
    );
    expect(kinds.filter((kind) => kind === "daemon_started")).toHaveLength(2);

    // A file is tampered with: it is seen, and the instance replaced.
    const [tampered] = (await client.fleet(FLEET))?.instances.filter(({ release }) => release === 2) ?? [];
    if (tampered === undefined) throw new Error("no instance of the second release");
    const file = path.join(home.instances, tampered.id, "root", "app", "server.mjs");
    await chmod(file, 0o644);
    await appendFile(file, "// not as it was");
    const drift = await client.drift(FLEET);
    expect(drift[0]?.drift.map(({ instance, subject }) => [instance, subject])).toContainEqual([
      tampered.id,
      "/app/server.mjs",
    ]);
    await eventually(
      async () => (await client.fleet(FLEET))?.instances.map(({ id }) => id),
      (ids) => !ids?.includes(tampered.id),
    );

    const chain = (await client.why(FLEET)).map(({ event }) => event.kind);
    expect(chain).toContain("rollout_started");
    expect(chain).toContain("switched");

    // While it exists, the home is not empty.
    expect(await client.shutdown({ mode: "home_empty", lineage: LINEAGE, waitMilliseconds: 0 })).toEqual({
      kind: "in_use",
      fleets: [FLEET],
    });
    const apply = newId<"apply">(systemClock, systemRandom);
    await client.destroyFleet({ ...ASKED, apply, fleet: FLEET });
    const ended = await client.shutdown({ mode: "home_empty", lineage: LINEAGE, waitMilliseconds: 20_000 });
    expect(ended.kind).toBe("stopping");
    expect(processesOf(home)).toEqual([]);
    await expect(connect(home).ping()).rejects.toThrow(DaemonUnreachable);
  });

  test("a port that is taken is refused, and nothing is left of the attempt", async () => {
    const home = await liveHome();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = address === null || typeof address === "string" ? 0 : address.port;
    const image = await fireImage(home);
    const client = await ensureDaemon(home, command());
    await expect(deploy(client, specification(image, port, "one", 1))).rejects.toThrow(String(port));
    expect(await client.fleets()).toEqual([]);
  });

  test("a daemon that is told to end leaves instances and proxy", async () => {
    const home = await liveHome();
    const port = await freePort();
    const image = await fireImage(home);
    const client = await ensureDaemon(home, command());
    await deploy(client, specification(image, port, "one", 1));
    const pids = await pidsOf(client);
    const { pid } = await client.version();
    expect(await client.shutdown({ mode: "leave" })).toEqual({ kind: "stopping", pid });
    expect(await fetchText(port)).toBe(`one ${pids[0]}`);
    expect(processesOf(home).map((one) => one.pid)).not.toContain(pid);
    expect(await pidsOf(client)).toEqual(pids);
  });

  test(
    "a daemon that is killed at any moment of a rollout ends it, and knows all that runs",
    { timeout: 60_000 },
    async () => {
      const home = await liveHome();
      const port = await freePort();
      const image = await fireImage(home);
      const client = await ensureDaemon(home, command());
      await deploy(client, specification(image, port, "0"));
      let serving = "0";
      for (const [index, delay] of [0, 40, 120].entries()) {
        const greeting = String(index + 1);
        const apply = newId<"apply">(systemClock, systemRandom);
        const view = await client.fleet(FLEET);
        const { pid } = await client.version();
        setTimeout(() => process.kill(pid, "SIGKILL"), delay);
        const base = view?.fleet.serving;
        await client.prepare({
          ...ASKED,
          apply,
          lineage: LINEAGE,
          address: ADDRESS,
          ...(base === undefined ? {} : { base }),
          specification: specification(image, port, greeting),
          lease: 10_000,
        });
        await follow(client, apply, ({ rollouts }) =>
          rollouts.every(({ phase }) => phase.kind === "prepared"),
        );
        await client.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [FLEET] });
        const ended = await follow(client, apply, ({ rollouts }) =>
          rollouts.every(({ phase }) => phase.kind === "complete" || phase.kind === "aborted"),
        );
        if (ended.apply?.decision.kind === "commit") serving = greeting;
        expect(await fetchText(port)).toMatch(new RegExp(`^${serving} `));
        await client.settled({ apply });
      }
      // What runs is what is recorded, and nothing else: what serves, and what served before it.
      await eventually(
        async () => ({
          known: await pidsOf(client),
          run: processesOf(home)
            .filter(({ name }) => name === "node")
            .map(({ pid }) => pid)
            .toSorted((a, b) => a - b),
        }),
        ({ known, run }) => known.length === 4 && known.join() === run.join(),
      );
    },
  );
});
