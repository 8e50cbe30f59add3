import { errorDiagnostic } from "../../kernel/index.ts";
import {
  attributeStep,
  DYNAMIC,
  isNull,
  nullValue,
  ObjectValue,
  objectValue,
  STRING,
  unknownValue,
  type Value,
  identicalValues,
} from "../../lang/index.ts";
import type {
  ApplyAnswer,
  ApplyRequest,
  CommitResult,
  PlanRequest,
  PrepareResult,
  Provider,
  ProviderSource,
  ResourceTraits,
  Transactional,
} from "../provider.ts";
import type { Schema } from "../schema.ts";

/** What goes wrong, by `create ADDRESS`, `update ADDRESS`, `delete ADDRESS`, `prepare ADDRESS`. */
export type Fault = "error" | "tainted" | "inconsistent" | "crash" | "hold" | "wait";

/** A provider whose world is a map, and that writes down what is asked of it. */
export interface TestWorld {
  /** Objects by id. */
  readonly objects: Map<string, Value>;
  /** `create a`, `delete b`, in the order they began. */
  readonly began: string[];
  /** The same, in the order they ended well. */
  readonly ended: string[];
  readonly faults: Map<string, Fault>;
  /** How the next commit ends; absent: kept. */
  verdict: CommitResult["kind"];
  /** Ids that were given away. */
  counter: number;
  /** Most calls of `apply` that ran at once. */
  mostAtOnce: number;
  /** What applying waits for, in milliseconds; 0: nothing. */
  delay: number;
}

const SCHEMA: Schema = {
  version: 0,
  block: {
    attributes: {
      id: { type: STRING, use: "computed" },
      input: { type: DYNAMIC, use: "optional" },
      output: { type: DYNAMIC, use: "computed" },
      replace_on: { type: DYNAMIC, use: "optional" },
      secret: { type: STRING, use: "optional", sensitive: true },
    },
    blocks: {},
  },
};

const DATA: Schema = {
  version: 0,
  block: {
    attributes: { id: { type: STRING, use: "required" }, value: { type: DYNAMIC, use: "computed" } },
    blocks: {},
  },
};

const TRAITS: Readonly<Record<string, ResourceTraits>> = {
  test_thing: { effect: "outside", recovery: "in_process", transactional: false },
  test_note: { effect: "none", recovery: "in_process", transactional: false },
  test_fleet: { effect: "outside", recovery: "idempotent_key", transactional: true },
};

export function testWorld(): TestWorld {
  return {
    objects: new Map(),
    began: [],
    ended: [],
    faults: new Map(),
    verdict: "kept",
    counter: 0,
    mostAtOnce: 0,
    delay: 0,
  };
}

function field(value: Value, name: string): Value {
  return (value instanceof ObjectValue ? value.get(name) : undefined) ?? nullValue();
}

function idOf(value: Value): string {
  const id = field(value, "id");
  return typeof id === "string" ? id : "";
}

function planObject({ prior, proposed, config }: PlanRequest) {
  if (isNull(config)) return { planned: config, requiresReplace: [] };
  const creating = isNull(prior);
  const same = (name: string): boolean => identicalValues(field(prior, name), field(proposed, name));
  const members = ["id", "input", "output", "replace_on", "secret"].map((name) => {
    if (name === "id")
      return [name, creating ? unknownValue(STRING, { notNull: true }) : field(prior, "id")] as const;
    if (name === "output") {
      const kept = !creating && same("input");
      const input = field(proposed, "input");
      return [
        name,
        kept ? field(prior, "output") : isNull(input) ? nullValue() : unknownValue(DYNAMIC),
      ] as const;
    }
    return [name, field(proposed, name)] as const;
  });
  const requiresReplace = creating || same("replace_on") ? [] : [[attributeStep("replace_on")]];
  return { planned: objectValue(members), requiresReplace };
}

/** Makes a provider over a world. */
export function testProvider(world: TestWorld): Provider {
  let running = 0;
  const verbOf = ({ prior, planned }: ApplyRequest): string =>
    isNull(planned) ? "delete" : isNull(prior) ? "create" : "update";
  const made = (request: ApplyRequest, fault: Fault | undefined): Value => {
    const { prior, planned } = request;
    const id = isNull(prior) ? `id-${++world.counter}` : field(prior, "id");
    return objectValue([
      ["id", id],
      ["input", fault === "inconsistent" ? "something else" : field(planned, "input")],
      ["output", field(planned, "input")],
      ["replace_on", field(planned, "replace_on")],
      ["secret", field(planned, "secret")],
    ]);
  };
  const apply = async (request: ApplyRequest): Promise<ApplyAnswer> => {
    const verb = verbOf(request);
    const name = `${verb} ${request.address}`;
    world.began.push(name);
    running++;
    world.mostAtOnce = Math.max(world.mostAtOnce, running);
    if (world.delay > 0) await new Promise((resolve) => setTimeout(resolve, world.delay));
    else await Promise.resolve();
    running--;
    const fault = world.faults.get(name);
    const error = errorDiagnostic(`Failed to ${verb}`, `The test wants ${name} to fail.`);
    if (fault === "crash") throw new Error(`crash in ${name}`);
    if (fault === "error") return { state: request.prior, private: request.private, diagnostics: [error] };
    const state = verb === "delete" ? request.planned : made(request, fault);
    const id = idOf(isNull(state) ? request.prior : state);
    if (verb === "delete") world.objects.delete(id);
    else world.objects.set(id, state);
    if (fault === "tainted") return { state, private: "", diagnostics: [error] };
    world.ended.push(name);
    return { state, private: "", diagnostics: [] };
  };
  const prepared = new Map<string, Value>();
  const decide = (kind: CommitResult["kind"], verb: string, addresses: readonly string[]): CommitResult => {
    if (addresses.length === 0) world.ended.push(verb);
    for (const address of addresses) {
      world.ended.push(`${verb} ${address}`);
      const state = prepared.get(address);
      if (kind === "kept" && state !== undefined) world.objects.set(idOf(state), state);
    }
    return {
      kind,
      diagnostics: kind === "kept" ? [] : [errorDiagnostic("Rolled back", `The group was ${kind}.`)],
    };
  };
  const transactional: Transactional = {
    prepare: async (_scope, request): Promise<PrepareResult> => {
      const fault = world.faults.get(`prepare ${request.address}`);
      world.began.push(`prepare ${request.address}`);
      await Promise.resolve();
      if (fault === "crash") throw new Error("the other side is away");
      if (fault === "hold") return { kind: "held", diagnostics: [] };
      if (fault !== undefined && fault !== "wait") {
        return {
          kind: "failed",
          diagnostics: [errorDiagnostic("Health check failed", "It never listened.")],
        };
      }
      const state = made(request, undefined);
      prepared.set(request.address, state);
      world.ended.push(`prepare ${request.address}`);
      const token = { address: request.address, token: "t" };
      if (fault === "wait") return { kind: "waiting", token, diagnostics: [] };
      return { kind: "prepared", token, state, private: "", diagnostics: [] };
    },
    commit: async (_scope, tokens) =>
      decide(
        world.verdict,
        "commit",
        tokens.map(({ address }) => address),
      ),
    abort: async (_scope, tokens) =>
      decide(
        "aborted",
        "abort",
        tokens.map(({ address }) => address),
      ),
    grant: async (_scope, tokens) => {
      world.ended.push(`grant ${tokens.map(({ address }) => address).join(" ")}`);
      return { diagnostics: [] };
    },
    handover: async (_scope, tokens) => {
      world.ended.push(`handover ${tokens.map(({ address }) => address).join(" ")}`);
      return { diagnostics: [] };
    },
    settled: async () => {
      world.ended.push("settled");
      return { diagnostics: [] };
    },
  };
  const fine = async () => ({ diagnostics: [] });
  const unused = async (): Promise<never> => {
    throw new Error("the test provider does not do this");
  };
  return {
    source: "registry.terraform.io/hashicorp/test",
    version: "0.0.0",
    schema: async () => ({
      provider: {
        version: 0,
        block: { attributes: { region: { type: STRING, use: "optional" } }, blocks: {} },
      },
      resources: { test_thing: SCHEMA, test_note: SCHEMA, test_fleet: SCHEMA },
      dataSources: { test_lookup: DATA },
      ephemeralResources: {},
      functions: {},
    }),
    traits: (type) => TRAITS[type] ?? { effect: "outside", recovery: "none", transactional: false },
    validateProvider: fine,
    validateResource: fine,
    validateDataSource: fine,
    validateEphemeral: fine,
    configure: fine,
    upgrade: unused,
    read: async (request) => {
      const id = idOf(request.current);
      const state = world.objects.get(id) ?? nullValue();
      return { state, private: request.private, diagnostics: [] };
    },
    plan: async (request) => ({ ...planObject(request), private: "", diagnostics: [] }),
    apply,
    readData: async ({ config }) => ({
      state: objectValue([
        ["id", field(config, "id")],
        ["value", `looked up ${idOf(config)}`],
      ]),
      diagnostics: [],
    }),
    import: unused,
    move: unused,
    find: unused,
    callFunction: unused,
    openEphemeral: unused,
    renewEphemeral: unused,
    closeEphemeral: unused,
    stop: async () => {},
    close: async () => {},
    transactional,
  };
}

/** A source that has this provider only. */
export function testProviders(world: TestWorld): ProviderSource {
  return {
    find: async (source) =>
      source === "registry.terraform.io/hashicorp/test"
        ? { provider: testProvider(world) }
        : { diagnostic: errorDiagnostic("Unknown provider", `There is no provider ${source}.`) },
    implied: (localName) => `registry.terraform.io/hashicorp/${localName}`,
  };
}
