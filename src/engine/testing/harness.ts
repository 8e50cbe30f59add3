import {
  type Configuration,
  type ConfigurationFiles,
  collectVariables,
  loadConfiguration,
  type VariableInput,
} from "../../config/index.ts";
import {
  type Diagnosed,
  type Diagnostic,
  type EngineEvent,
  hasErrors,
  type Lineage,
  parseId,
  seededRandom,
  systemClock,
} from "../../kernel/index.ts";
import { apply } from "../apply/apply.ts";
import type { ApplyOptions, ApplyResult } from "../apply/options.ts";
import type { Backend } from "../backend/backend.ts";
import { plan } from "../plan/make-plan.ts";
import type { Plan } from "../plan/plan.ts";
import type { PlanOptions } from "../plan/options.ts";
import type { ProviderSource } from "../provider.ts";
import type { SessionOptions } from "../session.ts";
import { emptyState, type State } from "../state/state.ts";
import { type MemoryStore, memoryStore } from "./memory-store.ts";
import { testProviders, type TestWorld, testWorld } from "./test-provider.ts";

/** Files in memory, by path. */
export function filesInMemory(files: Readonly<Record<string, string>>): ConfigurationFiles {
  const prefix = (directory: string): string => (directory === "." ? "" : `${directory}/`);
  return {
    list: async (directory) => {
      const names = Object.keys(files)
        .filter((file) => file.startsWith(prefix(directory)))
        .map((file) => file.slice(prefix(directory).length))
        .filter((name) => !name.includes("/"));
      return directory !== "." && names.length === 0 ? undefined : names;
    },
    read: async (file) => files[file] ?? "",
  };
}

export const LINEAGE: Lineage = parseId("8f1c6f0a-0000-4000-8000-000000000001");

/** A backend in memory; `snapshots` has every state that was written. */
export function memoryBackend(snapshots: State[] = []): Backend & { readonly snapshots: State[] } {
  return {
    snapshots,
    read: async () => {
      const last = snapshots.at(-1);
      return last === undefined ? { kind: "read" } : { kind: "read", state: last };
    },
    write: async (state) => void snapshots.push(state),
    lock: async (info) => ({ kind: "locked", lock: { info, release: async () => {} } }),
    forceUnlock: async () => false,
  };
}

export interface Harness {
  readonly world: TestWorld;
  readonly providers: ProviderSource;
  readonly events: EngineEvent[];
  readonly options: SessionOptions;
  readonly backend: ReturnType<typeof memoryBackend>;
  readonly store: MemoryStore;
}

export function harness(world: TestWorld = testWorld(), parallelism = 10): Harness {
  const events: EngineEvent[] = [];
  const providers = testProviders(world);
  return {
    world,
    providers,
    events,
    backend: memoryBackend(),
    store: memoryStore(),
    options: {
      surroundings: {
        clock: systemClock,
        random: seededRandom(1),
        files: { read: () => undefined, kind: () => "missing" },
        homeDirectory: "/home/test",
        rootDirectory: "/test",
        workspace: "default",
      },
      providers,
      events: (event) => {
        if ("kind" in event) events.push(event as EngineEvent);
      },
      signal: new AbortController().signal,
      parallelism,
    },
  };
}

/** Loads a configuration, which must be without errors. */
export async function configured(files: Readonly<Record<string, string>> | string): Promise<Configuration> {
  const loaded = await loadConfiguration(
    filesInMemory(typeof files === "string" ? { "main.tf": files } : files),
  );
  if (hasErrors(loaded.diagnostics)) throw new Error(texts(loaded.diagnostics).join("\n"));
  return loaded.value;
}

export async function planned(
  { options }: Harness,
  files: Readonly<Record<string, string>> | string,
  state: State = emptyState(LINEAGE),
  more: Partial<PlanOptions> & { readonly inputs?: readonly VariableInput[] } = {},
): Promise<Diagnosed<Plan>> {
  const configuration = await configured(files);
  const variables = collectVariables(configuration.root, more.inputs ?? []);
  return await plan({
    ...options,
    configuration,
    variables: variables.value,
    state,
    mode: "normal",
    refresh: true,
    replace: [],
    ...more,
  });
}

export function texts(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(
    ({ summary, detail, subject }) =>
      `${subject?.filename ?? ""}:${subject?.start.line ?? ""} ${summary}: ${detail}`,
  );
}

/** `create a`, `no-op b`: a plan's actions in order. */
export function actions(made: Plan): string[] {
  return made.changes.map(({ action, text, deposed, replaceOrder }) => {
    const how = replaceOrder === undefined ? "" : ` ${replaceOrder}`;
    return `${action}${how} ${text}${deposed === undefined ? "" : ` (deposed ${deposed})`}`;
  });
}

/** Applies a plan with the harness's backend and store. */
export async function applied(
  made: Harness,
  plan: Plan,
  more: Partial<ApplyOptions> = {},
): Promise<ApplyResult> {
  return await apply({
    ...made.options,
    plan,
    backend: made.backend,
    store: made.store,
    holder: { pid: 1, startTime: 0, lockToken: "token" },
    who: "tester",
    command: "kiln apply",
    ...more,
  });
}

/** The state that the harness's backend has. */
export function stateOf(made: Harness): State {
  return made.backend.snapshots.at(-1) ?? emptyState(LINEAGE);
}

/** Plans and applies a configuration over what is there. Throws where planning fails. */
export async function converge(
  made: Harness,
  files: Readonly<Record<string, string>> | string,
  more: Parameters<typeof planned>[3] = {},
): Promise<ApplyResult & { readonly plan: Plan }> {
  const result = await planned(made, files, stateOf(made), more);
  if (hasErrors(result.diagnostics)) throw new Error(texts(result.diagnostics).join("\n"));
  return { ...(await applied(made, result.value)), plan: result.value };
}
