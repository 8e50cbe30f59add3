import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { EXIT, isSystemError } from "../../src/kernel/index.ts";
import { freePort, makeWorld, said } from "../cli/world.ts";
import type { World } from "../cli/world.ts";
import { startScene, told } from "./scene.ts";
import type { Scene } from "./scene.ts";

const LIMIT = 60_000;

/** Whether this process may mount file systems: a small or a read-only one is made for a test. */
function canMount(): boolean {
  const directory = mkdtempSync(path.join(tmpdir(), "kiln-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], {
    stdio: "ignore",
  });
  if (status === 0) unmount(directory);
  rmSync(directory, { recursive: true });
  return status === 0;
}

function mount(directory: string, options: string): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
}

function unmount(directory: string): void {
  execFileSync("umount", ["-l", directory]);
}

const MOUNTS = canMount();

async function smallWorld(): Promise<World> {
  const world = makeWorld("web");
  onTestFinished(() => world.destroy());
  world.write("terraform.tfvars", `port = ${await freePort()}\n`);
  return world;
}

describe("a daemon of another version", () => {
  test.each([
    {
      protocol: "0",
      version: "0.0.9",
      summary: "The daemon is of an older version",
      remedy: 'Run "kill 4242"',
    },
    {
      protocol: "99",
      version: "9.0.0",
      summary: "The daemon is of a newer version",
      remedy: "Use Kiln 9.0.0",
    },
  ])(
    "$version: the command says what to do, and leaves it alone",
    async ({ protocol, version, summary, remedy }) => {
      const world = await smallWorld();
      let touched = false;
      const server = createServer((request, response) => {
        if (request.method !== "GET") touched = true;
        const headers = { "kiln-protocol": protocol, "kiln-version": version, "kiln-process": "4242" };
        response.writeHead(400, headers).end(JSON.stringify({ diagnostics: [] }));
      });
      await new Promise<void>((resolve) => server.listen(path.join(world.home, "kilnd.sock"), resolve));
      onTestFinished(() => void server.close());
      const up = await world.kiln("up");
      expect(up.code, told(up)).toBe(EXIT.error);
      expect(up.err).toContain(`Error: ${summary}`);
      expect(said(up.err)).toContain(remedy);
      expect(touched).toBe(false);
      expect(readdirSync(world.directory)).not.toContain("terraform.tfstate");
      expect(await world.processes()).toEqual([]);
    },
    LIMIT,
  );
});

describe("a KILN_HOME that cannot be used", () => {
  test(
    "a file is in its place",
    async () => {
      const world = await smallWorld();
      rmSync(world.home, { recursive: true });
      writeFileSync(world.home, "not a directory\n");
      const up = await world.kiln("up");
      expect(up.code, told(up)).toBe(EXIT.error);
      expect(up.err).toContain("Error: Kiln's data directory cannot be used");
      expect(said(up.err)).toContain(world.home);
      expect(said(up.err)).toContain("KILN_HOME");
      expect(readFileSync(world.home, "utf8")).toBe("not a directory\n");
      expect(readdirSync(world.directory)).not.toContain("terraform.tfstate");
    },
    LIMIT,
  );

  test.skipIf(!MOUNTS)(
    "it is read-only (where not root: skipped: nothing can be mounted)",
    async () => {
      const world = await smallWorld();
      mount(world.home, "ro,size=1m");
      onTestFinished(() => unmount(world.home));
      const up = await world.kiln("up");
      expect(up.code, told(up)).toBe(EXIT.error);
      expect(said(up.err)).toContain(`${world.home}: the file system is read-only`);
      expect(said(up.err)).toContain("Make it writable for you, or set KILN_HOME");
      expect(readdirSync(world.directory)).not.toContain("terraform.tfstate");
    },
    LIMIT,
  );
});

/** Leaves so many bytes free on the disk of a directory. */
function fillDisk(directory: string, free: number): void {
  writeFileSync(path.join(directory, "spared"), Buffer.alloc(free));
  for (const size of [64 * 1024, 4 * 1024]) {
    for (let number = 0; ; number++) {
      try {
        writeFileSync(path.join(directory, `filler-${size}-${number}`), Buffer.alloc(size));
      } catch (error) {
        if (isSystemError(error, "ENOSPC")) break;
        throw error;
      }
    }
  }
  rmSync(path.join(directory, "spared"));
}

function freeDisk(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (name.startsWith("filler-")) rmSync(path.join(directory, name));
  }
}

describe.skipIf(!MOUNTS)(
  "a full disk during an apply (where not root: skipped: nothing can be mounted)",
  () => {
    let scene: Scene;
    let version = 1;
    beforeAll(async () => {
      scene = await startScene({ prepareHome: (directory) => mount(directory, "size=3m") });
    }, LIMIT);
    afterAll(async () => {
      await scene.load.stop();
      for (const role of ["daemon", "proxy", "instance"] as const) {
        for (const pid of scene.pids(role)) process.kill(pid, "SIGKILL");
      }
      unmount(scene.home);
      await scene.end();
    }, LIMIT);

    // Nothing at all; enough for the image, and perhaps for the rest.
    test.each([0, 70, 100])(
      "%i KB are left: it says so, what serves goes on, and with room again the next apply succeeds",
      async (kilobytes) => {
        const serves = version;
        version += 1;
        scene.writeVersion(version);
        const state = readFileSync(path.join(scene.directory, "terraform.tfstate"), "utf8");
        fillDisk(scene.home, kilobytes * 1024);
        const apply = await scene.kiln("apply", "-auto-approve");
        expect([EXIT.error, EXIT.aborted], told(apply)).toContain(apply.code);
        expect(said(apply.err), told(apply)).toMatch(/no space|disk is full|make room/i);
        expect(apply.err).not.toContain("This is a bug in Kiln");
        expect(readFileSync(path.join(scene.directory, "terraform.tfstate"), "utf8")).toBe(state);
        freeDisk(scene.home);
        await scene.comesToRest(serves, "after the disk was full");
        const again = await scene.kiln("apply", "-auto-approve");
        expect(again.code, told(again)).toBe(EXIT.done);
        await scene.comesToRest(version, "with room again");
      },
      LIMIT,
    );
  },
);
