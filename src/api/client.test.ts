import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import { createServer as createSocketServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DiagnosticError, locateHome, parseId } from "../kernel/index.ts";
import type { KilnHome } from "../kernel/index.ts";
import { connect } from "./client.ts";
import { hasEnded } from "./ending.ts";
import { DaemonUnreachable, exchange } from "./transport.ts";

const OURS = { "kiln-protocol": "1", "kiln-version": "0.1.0", "kiln-process": "1" };

async function temporaryHome(): Promise<KilnHome> {
  const root = await mkdtemp(path.join(tmpdir(), "kiln-api-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return locateHome({ environment: { KILN_HOME: root }, userId: 1, homeDirectory: root });
}

async function listening(server: Server, home: KilnHome): Promise<KilnHome> {
  server.listen(home.socket);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return home;
}

/** A home at whose socket something answers as it likes. */
async function answering(listener: RequestListener): Promise<KilnHome> {
  return listening(createServer(listener), await temporaryHome());
}

describe("who answers", () => {
  const refusal = async (headers: Record<string, string>) => {
    const home = await answering((_request, response) => response.writeHead(200, headers).end("{}"));
    return connect(home)
      .ping()
      .then(
        () => undefined,
        (error: unknown) => (error instanceof DiagnosticError ? error.diagnostics[0] : undefined),
      );
  };

  test("a daemon of this protocol is talked to", async () => {
    expect(await refusal(OURS)).toBeUndefined();
    expect(await refusal({ ...OURS, "kiln-version": "0.1.7" })).toBeUndefined();
  });

  test("a daemon of an older protocol is named with its process and the way out", async () => {
    const found = await refusal({ "kiln-protocol": "0", "kiln-version": "0.0.9", "kiln-process": "4711" });
    expect(found?.summary).toBe("The daemon is of an older version");
    expect(found?.detail).toContain("Kiln 0.0.9");
    expect(found?.remedy).toContain('"kill 4711"');
  });

  test("a daemon of a newer protocol asks for a newer Kiln", async () => {
    const found = await refusal({ "kiln-protocol": "2", "kiln-version": "9.1.0", "kiln-process": "1" });
    expect(found?.summary).toBe("The daemon is of a newer version");
    expect(found?.remedy).toContain("Kiln 9.1.0");
  });

  test("something else at the socket is said to be that", async () => {
    expect((await refusal({}))?.summary).toBe("Something else listens on the daemon's socket");
  });

  test("nobody is DaemonUnreachable", async () => {
    await expect(connect(await temporaryHome()).ping()).rejects.toThrow(DaemonUnreachable);
  });
});

describe("an answer", () => {
  test("that is refused carries its diagnostics", async () => {
    const diagnostics = [{ severity: "error", summary: "No", detail: "Because." }];
    const home = await answering((_request, response) =>
      response.writeHead(409, OURS).end(JSON.stringify({ diagnostics })),
    );
    await expect(connect(home).fleets()).rejects.toMatchObject({ name: "DiagnosticError", diagnostics });
  });

  test("that is cut off in the middle is no answer", async () => {
    const home = await answering((_request, response) => {
      response.writeHead(200, { ...OURS, "content-length": "100" });
      response.write(`{"half`, () => response.destroy());
    });
    await expect(connect(home).fleets()).rejects.toThrow(DaemonUnreachable);
  });

  test("that never comes is given up", async () => {
    const home = await listening(
      createSocketServer(() => {}),
      await temporaryHome(),
    );
    const message = exchange(home.socket, { method: "GET", path: "/v1/ping", limit: 50 });
    await expect(message).rejects.toThrow(DaemonUnreachable);
  });

  test("that begins and does not end is given up", async () => {
    const home = await answering((_request, response) => {
      response.writeHead(200, OURS);
      response.write("[");
    });
    const message = exchange(home.socket, { method: "GET", path: "/v1/fleets", limit: 200 });
    await expect(message).rejects.toThrow(DaemonUnreachable);
  });

  test("that is no JSON is a bug, and not a daemon that is gone", async () => {
    const home = await answering((_request, response) => response.writeHead(200, OURS).end("<html>"));
    const message = connect(home).fleets();
    await expect(message).rejects.toThrow("is not JSON");
    await expect(message).rejects.not.toThrow(DaemonUnreachable);
  });
});

describe("a client that can revive the daemon", () => {
  test("sends the message again, and gives up after some time", async () => {
    const home = await temporaryHome();
    let revived = 0;
    const client = connect(home, async () => {
      revived++;
    });
    await expect(client.ping()).rejects.toThrow(DaemonUnreachable);
    expect(revived).toBe(3);
  });

  test("does not revive what it shuts down", async () => {
    let revived = 0;
    const client = connect(await temporaryHome(), async () => {
      revived++;
    });
    await expect(client.shutdown({ mode: "leave" })).rejects.toThrow(DaemonUnreachable);
    expect(revived).toBe(0);
  });

  test("asks for events after the last that it saw", async () => {
    const asked: string[] = [];
    const event = (sequence: number) =>
      `${JSON.stringify({ version: 1, sequence, at: 1, event: { kind: "daemon_stopping" } })}\n`;
    const home = await answering((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(200, OURS);
      if (asked.length === 1) {
        // Cut inside a line.
        response.write(`\n${event(7)}${event(8).slice(0, 20)}`, () =>
          setTimeout(() => response.destroy(), 20),
        );
      } else response.end(event(8) + event(9));
    });
    const seen: number[] = [];
    const fleet = parseId<"fleet">(`a/kiln_fleet.web["x"]`);
    for await (const { sequence } of connect(home, async () => {}).events({
      after: 6,
      fleet,
      follow: true,
    })) {
      if (seen.push(sequence) === 3) break;
    }
    expect(seen).toEqual([7, 8, 9]);
    expect(asked.map((url) => new URL(url, "http://x").searchParams.get("after"))).toEqual(["6", "7"]);
    expect(new URL(asked[0] ?? "", "http://x").searchParams.get("fleet")).toBe(fleet);
  });
});

describe("the end of a process", () => {
  test("is seen, also where nobody has asked about its status", async () => {
    // The shell never waits for its child, which stays a zombie.
    const parent = spawn("sh", ["-c", "sleep 60 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => {
      parent.kill("SIGKILL");
    });
    const [line] = await once(parent.stdout, "data");
    const pid = Number(String(line));
    expect(await hasEnded(pid, 30)).toBe(false);
    process.kill(pid, "SIGKILL");
    expect(await hasEnded(pid, 2_000)).toBe(true);
    expect(await hasEnded(2 ** 22 + 1, 0)).toBe(true);
  });
});
