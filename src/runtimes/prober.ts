import { request } from "node:http";
import { connect } from "node:net";
import { KILN_VERSION } from "../kernel/index.ts";
import type { Milliseconds } from "../kernel/index.ts";
import type { HealthProbe, InstanceAddress, Prober, ProbeResult, Runtime } from "../fleets/index.ts";

/** So much of a healthy answer's body is read, so that the application may finish it. */
const LONGEST_BODY = 64 * 1024;

/** Asks instances over new connections of its own, and through the runtime where a command is the probe. */
export function createProber(runtime: Pick<Runtime, "execute">): Prober {
  return { probe: (address, { health }) => probe(runtime, address, health.probe, health.timeout) };
}

function probe(
  runtime: Pick<Runtime, "execute">,
  address: InstanceAddress,
  how: HealthProbe,
  timeout: Milliseconds,
): Promise<ProbeResult> {
  switch (how.kind) {
    case "http":
      return probeHttp(address, how.path, timeout);
    case "tcp":
      return probeTcp(address, timeout);
    case "command":
      return runtime.execute(address.id, how.command, timeout);
  }
}

function unhealthy(reason: string): ProbeResult {
  return { healthy: false, reason };
}

/** GET; 200 to 299 is healthy. The timeout is for the whole answer. */
function probeHttp(address: InstanceAddress, path: string, timeout: Milliseconds): Promise<ProbeResult> {
  const { host, port } = address;
  return new Promise((resolve) => {
    const asked = request({
      host,
      port,
      path,
      agent: false,
      headers: {
        host: `${host}:${port}`,
        "user-agent": `kiln-health/${KILN_VERSION}`,
        connection: "close",
      },
    });
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      asked.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => finish(unhealthy(`no answer to GET ${path} within ${timeout} ms`)),
      timeout,
    );
    asked.once("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        finish(unhealthy(`GET ${path} answered ${status}`));
        return;
      }
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        length += chunk.length;
        if (length > LONGEST_BODY) finish({ healthy: true });
      });
      response.once("end", () => finish({ healthy: true }));
      response.once("error", (error) =>
        finish(unhealthy(`GET ${path}: the answer was cut off: ${error.message}`)),
      );
    });
    asked.on("error", (error) => finish(unhealthy(`GET ${path}: ${error.message}`)));
    asked.end();
  });
}

function probeTcp({ host, port }: InstanceAddress, timeout: Milliseconds): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(unhealthy(`no connection within ${timeout} ms`)), timeout);
    socket.once("connect", () => finish({ healthy: true }));
    socket.on("error", (error) => finish(unhealthy(error.message)));
  });
}
