import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { VariableInput } from "../../config/index.ts";
import { localBackend } from "../../engine/index.ts";
import type { Plan } from "../../engine/index.ts";
import { filesInMemory } from "../../engine/testing/harness.ts";
import { testProviders, testWorld } from "../../engine/testing/test-provider.ts";
import type { TestWorld } from "../../engine/testing/test-provider.ts";
import { parseId, seededRandom, systemClock } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import { openEngineStore } from "../../store/index.ts";
import type { ApplyRequest } from "../apply.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** A working directory on disk with a made-up provider; each `open` is what one command has. */
export interface Workshop {
  readonly world: TestWorld;
  readonly directory: string;
  /** The configuration, by file. */
  readonly files: Record<string, string>;
  /** What the directory and the environment say of variables. */
  readonly inputs: VariableInput[];
  open(command?: string, user?: string): Workspace;
}

export function workshop(main: string): Workshop {
  const directory = mkdtempSync(path.join(tmpdir(), "kiln-operations-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const world = testWorld();
  const files: Record<string, string> = { "main.tf": main };
  const inputs: VariableInput[] = [];
  const own = path.join(directory, ".kiln");
  const snapshots = new Map<number, string>();
  let seed = 0;
  return {
    world,
    directory,
    files,
    inputs,
    open: (command = "kiln apply", user = "potter") => {
      const random = seededRandom(++seed);
      const store = openEngineStore(own, { clock: systemClock, random });
      onTestFinished(() => store.close());
      return {
        directory,
        files: filesInMemory(files),
        inputs: () => Promise.resolve(inputs),
        backend: localBackend({
          statePath: path.join(directory, "terraform.tfstate"),
          lockDirectory: own,
        }),
        store,
        snapshots: {
          read: (generation) => Promise.resolve(snapshots.get(generation)),
          write: (generation, text) => Promise.resolve(void snapshots.set(generation, text)),
        },
        providers: testProviders(world),
        surroundings: {
          clock: systemClock,
          random,
          files: { read: () => undefined, kind: () => "missing" },
          homeDirectory: "/home/potter",
          rootDirectory: directory,
          workspace: "default",
        },
        user,
        host: "kiln.example",
        command,
        process: { pid: process.pid, startTime: 0 },
        git: () => Promise.resolve(undefined),
        daemonStore: () => Promise.resolve(parseId<"store">("store-of-the-test")),
        close: () => store.close(),
      };
    },
  };
}

/** What an apply is asked with: everything is approved, and the plans that were shown are kept. */
export function request(
  more: Partial<ApplyRequest> = {},
): ApplyRequest & { readonly shown: { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }[] } {
  const shown: { readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }[] = [];
  return {
    mode: "normal",
    refresh: true,
    replace: [],
    inputs: [],
    events: () => {},
    parallelism: 10,
    lock: true,
    lockTimeout: 0,
    signal: new AbortController().signal,
    approval: {
      show: (plan, diagnostics) => Promise.resolve(void shown.push({ plan, diagnostics })),
      approve: () => Promise.resolve(true),
    },
    shown,
    ...more,
  };
}
