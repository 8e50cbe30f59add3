import { describe, expect, test } from "vitest";
import { errorDiagnostic } from "../kernel/index.ts";
import type { RouteTable } from "../traffic/index.ts";
import { switchTable } from "./switch.ts";
import type { TableStore, Worker } from "./switch.ts";
import { tableOf } from "./testing.ts";

const table = (epoch: number, version: number): RouteTable => tableOf(8080, epoch, version, []);
const refusal = errorDiagnostic("No", "It is not possible.");

/** Workers that write down what they are told, each answering when it likes. */
function record(options: { readonly unprepared?: number; readonly unsaved?: boolean } = {}) {
  const steps: string[] = [];
  const worker = (number: number): Worker => {
    const step = (name: string) => async () => {
      await new Promise((resolve) => setTimeout(resolve, number * 3));
      steps.push(`${name} ${number}`);
    };
    return {
      prepare: async () => {
        await step("prepare")();
        return options.unprepared === number ? refusal : undefined;
      },
      hold: step("hold"),
      set: step("set"),
      release: step("release"),
      discard: step("discard"),
    };
  };
  const store: TableStore = {
    save: () => {
      steps.push("save");
      return Promise.resolve(options.unsaved === true ? refusal : undefined);
    },
  };
  return { steps, store, workers: [worker(1), worker(2)] };
}

describe("a switch", () => {
  test("holds all, saves, sets all, releases all", async () => {
    const { steps, store, workers } = record();
    expect(await switchTable(workers, store, table(1, 1), table(1, 2))).toEqual({ kind: "acknowledged" });
    expect(steps).toEqual([
      "prepare 1",
      "prepare 2",
      "hold 1",
      "hold 2",
      "save",
      "set 1",
      "set 2",
      "release 1",
      "release 2",
    ]);
  });

  test("that one worker cannot prepare holds nobody, and takes back what the others opened", async () => {
    const { steps, store, workers } = record({ unprepared: 2 });
    expect(await switchTable(workers, store, undefined, table(1, 1))).toEqual({
      kind: "refused",
      diagnostic: refusal,
    });
    expect(steps).toEqual(["prepare 1", "prepare 2", "discard 1", "discard 2"]);
  });

  test("that cannot be made durable sets nobody, and releases all", async () => {
    const { steps, store, workers } = record({ unsaved: true });
    expect((await switchTable(workers, store, undefined, table(1, 1))).kind).toBe("refused");
    expect(steps.slice(2)).toEqual([
      "hold 1",
      "hold 2",
      "save",
      "release 1",
      "release 2",
      "discard 1",
      "discard 2",
    ]);
  });

  test.each([
    [table(2, 3), table(2, 2)],
    [table(2, 3), table(1, 99)],
  ])("to a lower number is superseded by what stands", async (current, lower) => {
    const { steps, store, workers } = record();
    expect(await switchTable(workers, store, current, lower)).toEqual({
      kind: "superseded",
      epoch: 2,
      version: 3,
    });
    expect(steps).toEqual([]);
  });

  test("to the same table is acknowledged again; to another under its number it is refused", async () => {
    const { steps, store, workers } = record();
    expect(await switchTable(workers, store, table(2, 3), table(2, 3))).toEqual({ kind: "acknowledged" });
    const other = tableOf(8081, 2, 3, []);
    expect((await switchTable(workers, store, table(2, 3), other)).kind).toBe("refused");
    expect(steps).toEqual([]);
  });
});
