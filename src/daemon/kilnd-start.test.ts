import { spawnSync } from "node:child_process";
import { readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ensureDaemon } from "../api/index.ts";
import { command, eventually, liveHome } from "./testing/processes.ts";
import { temporaryHome } from "./testing/in-process.ts";

describe("starting", () => {
  test("the daemon runs in a session of its own, with its own name, and answers at once", async () => {
    const home = await liveHome();
    const began = Date.now();
    const client = await ensureDaemon(home, command());
    const startedIn = Date.now() - began;
    const { pid, memory } = await client.version();
    expect(startedIn).toBeLessThan(5_000);
    expect(memory).toBeLessThan(150 * 1024 * 1024);
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toMatch(/^kilnd/);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Fields 5 and 6 of proc(5): process group and session.
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect([group, session]).toEqual([String(pid), String(pid)]);
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    expect(environment).toContain(`KILN_HOME=${home.root}`);
    expect(environment.filter((one) => /^(?:npm_|VITEST|NODE_)/.test(one))).toEqual([]);
    expect(statSync(home.socket).mode & 0o777).toBe(0o600);
    expect(readlinkSync(`/proc/${pid}/fd/1`)).toBe(path.join(home.logs, "kilnd.log"));
  });

  test("callers at once get one daemon", async () => {
    const home = await liveHome();
    const clients = await Promise.all([1, 2, 3].map(() => ensureDaemon(home, command())));
    const versions = await Promise.all(clients.map((client) => client.version()));
    expect(new Set(versions.map(({ pid }) => pid)).size).toBe(1);
    expect(versions[0]?.epoch).toBeLessThanOrEqual(1);
  });

  test("one that dies at its start is said so, with the end of its log", async () => {
    const home = await liveHome();
    const attempt = ensureDaemon(home, command(`console.log("the cat ate it"); process.exit(9);`));
    await expect(attempt).rejects.toThrow("the cat ate it");
  });

  test("one that refuses its store says why", async () => {
    const home = await liveHome();
    await mkdir(home.root, { recursive: true });
    writeFileSync(home.database, "not a database at all".repeat(300));
    await expect(ensureDaemon(home, command())).rejects.toThrow(`${home.database} cannot be read`);
    expect(readFileSync(home.database, "utf8")).toBe("not a database at all".repeat(300));
  });

  test("a home that cannot be made names the path", async () => {
    const home = await temporaryHome();
    writeFileSync(home.root, "");
    await expect(ensureDaemon(home, command())).rejects.toThrow(home.root);
  });

  test("a program that is not there is a diagnostic", async () => {
    const home = await liveHome();
    await expect(ensureDaemon(home, { program: "/nowhere/node", arguments: [] })).rejects.toThrow(
      "/nowhere/node",
    );
  });

  test("a client starts it again when it is gone", async () => {
    const home = await liveHome();
    const client = await ensureDaemon(home, command());
    const first = await eventually(
      () => client.version(),
      ({ epoch }) => epoch === 1,
    );
    process.kill(first.pid, "SIGKILL");
    const second = await eventually(
      () => client.version(),
      ({ pid, epoch }) => pid !== first.pid && epoch === 2,
    );
    expect(second.store).toBe(first.store);
  });
});

/** util-linux: runs a program in namespaces of its own. */
const UNSHARE = "unshare";
const IN_NAMESPACE = ["--user", "--map-root-user", "--mount"];
const canMount = spawnSync(UNSHARE, [...IN_NAMESPACE, "true"]).status === 0;

describe.skipIf(!canMount)(
  "a disk of its own (where nothing can be mounted, skipped: it needs a file system of its own)",
  () => {
    /** What a caller is told whose home lies on a disk that was mounted and treated so. */
    const refusalOn = async (mount: string, before: string): Promise<string> => {
      const { root } = await temporaryHome();
      await mkdir(root, { recursive: true });
      const door = JSON.stringify(path.join(import.meta.dirname, "..", "api", "index.ts"));
      const kernel = JSON.stringify(path.join(import.meta.dirname, "..", "kernel", "index.ts"));
      const script = `
      import { spawnSync } from "node:child_process";
      import { writeFileSync } from "node:fs";
      import { ensureDaemon } from ${door};
      import { locateHome } from ${kernel};
      const root = ${JSON.stringify(root)};
      ${before}
      const home = locateHome({ environment: { KILN_HOME: root }, userId: 0, homeDirectory: root });
      await ensureDaemon(home, ${JSON.stringify(command())}).then(
        () => console.log("it runs"),
        (error) => console.log(JSON.stringify(error.diagnostics ?? String(error))));`;
      const node = [
        process.execPath,
        "--disable-warning=ExperimentalWarning",
        "--input-type=module-typescript",
        "-e",
        script,
      ];
      const shell = `mount -t tmpfs -o ${mount} tmpfs "$1" && shift && exec "$@"`;
      const result = spawnSync(UNSHARE, [...IN_NAMESPACE, "sh", "-c", shell, "sh", root, ...node], {
        encoding: "utf8",
      });
      expect(result.stdout).toContain(root);
      return result.stdout + result.stderr;
    };

    test("that is full is said to be that", async () => {
      const fill = `try { writeFileSync(root + "/filler", Buffer.alloc(9e6)); } catch {}`;
      expect(await refusalOn("size=64k", fill)).toContain("disk is full");
    });

    test("that is read-only is said to be that", async () => {
      const change = `spawnSync("mount", ["-o", "remount,ro", root]);`;
      expect(await refusalOn("size=64k", change)).toContain("the file system is read-only");
    });
  },
);
