import * as z from "zod";
import { errorDiagnostic, parseId, releaseNumber } from "../kernel/index.ts";
import type {
  AbortMessage,
  CommitMessage,
  DestroyMessage,
  FleetSpecification,
  GrantMessage,
  HandoverMessage,
  PrepareMessage,
  ReadMessage,
  ReleaseContent,
  RenewMessage,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
  SettledMessage,
  ShutdownRequest,
} from "../api/index.ts";
import { Refusal } from "./refusal.ts";

/*
 * The daemon's edge: what arrives is checked here, once, and nothing behind it checks again. Unknown fields are
 * refused, since a client that sends one relies on it.
 */

/** A day: no wait and no lease is longer. */
const LONGEST_WAIT = 86_400_000;
const MOST_REPLICAS = 1_000;
const LONGEST_TEXT = 65_536;
const MOST_MEMBERS = 1_000;
const MOST_OUTPUT = 16 * 1024 * 1024;

const text = z.string().max(LONGEST_TEXT);
const name = z.string().min(1).max(1_024);
const apply = name.transform((value) => parseId<"apply">(value));
const fleet = name.transform((value) => parseId<"fleet">(value));
const lineage = name.transform((value) => parseId<"lineage">(value));
const instance = name.transform((value) => parseId<"instance">(value));
const image = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .transform((value) => parseId<"image">(value));
const release = z
  .int()
  .min(1)
  .transform((value) => releaseNumber(value));
const milliseconds = z.number().min(0);
const wait = milliseconds.max(LONGEST_WAIT);
const asked = { who: text, why: text };
const environment = z.record(name, text);
const command = z.array(text).max(10_000);

const probe = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("http"), path: text.startsWith("/") }),
  z.strictObject({ kind: z.literal("tcp") }),
  z.strictObject({ kind: z.literal("command"), command: command.min(1) }),
]);

const threshold = z.int().min(1).max(1_000);

const content: z.ZodType<ReleaseContent> = z.strictObject({
  runtime: name,
  image,
  command: command.min(1),
  executable: z.exactOptional(z.strictObject({ path: name, digest: name })),
  workdir: text.startsWith("/"),
  environment,
  secrets: environment,
  health: z.strictObject({
    probe,
    interval: wait.min(1),
    timeout: wait.min(1),
    healthyThreshold: threshold,
    unhealthyThreshold: threshold,
    startDeadline: wait.min(1),
  }),
  mounts: z.array(z.strictObject({ volume: name, path: name })).max(MOST_MEMBERS),
  limits: z.strictObject({
    memory: z.exactOptional(z.number().positive()),
    cpu: z.exactOptional(z.number().positive()),
  }),
  port: z.exactOptional(z.int().min(1).max(65_535)),
  stopTimeout: wait,
});

const specification: z.ZodType<FleetSpecification> = z.strictObject({
  name,
  replicas: z.int().min(0).max(MOST_REPLICAS),
  listen: z.exactOptional(z.strictObject({ host: name, port: z.int().min(1).max(65_535) })),
  rollout: z.strictObject({
    strategy: z.enum(["blue_green", "canary", "rolling", "recreate"]),
    bake: wait,
    keepWarm: wait,
    drain: wait,
    retainReleases: z.int().min(0).max(MOST_MEMBERS),
  }),
  content,
});

const fleets = z.array(fleet).max(MOST_MEMBERS);

/** What each message must look like. */
export const MESSAGES = {
  prepare: z.strictObject({
    apply,
    lineage,
    address: name,
    base: z.exactOptional(release),
    specification,
    lease: wait.min(1),
    ...asked,
  }) satisfies z.ZodType<PrepareMessage>,
  commit: z.strictObject({ apply, lineage, fleets, ...asked }) satisfies z.ZodType<CommitMessage>,
  abort: z.strictObject({ apply, lineage, ...asked }) satisfies z.ZodType<AbortMessage>,
  grant: z.strictObject({
    apply,
    releases: z.array(z.strictObject({ fleet, release })).max(MOST_MEMBERS),
  }) satisfies z.ZodType<GrantMessage>,
  settled: z.strictObject({ apply }) satisfies z.ZodType<SettledMessage>,
  handover: z.strictObject({ apply, fleets }) satisfies z.ZodType<HandoverMessage>,
  renew: z.strictObject({ apply, lease: wait.min(1) }) satisfies z.ZodType<RenewMessage>,
  rollback: z.strictObject({
    apply,
    fleet,
    release: z.exactOptional(release),
    ...asked,
  }) satisfies z.ZodType<RollbackMessage>,
  scale: z.strictObject({
    apply,
    fleet,
    replicas: z.int().min(0).max(MOST_REPLICAS),
    ...asked,
  }) satisfies z.ZodType<ScaleMessage>,
  rollout: z.strictObject({
    apply,
    fleet,
    action: z.enum(["pause", "resume", "promote", "abort", "retry", "restart"]),
    ...asked,
  }) satisfies z.ZodType<RolloutMessage>,
  destroy: z.strictObject({ apply, fleet, ...asked }) satisfies z.ZodType<DestroyMessage>,
  shutdown: z.discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("leave") }),
    z.strictObject({
      mode: z.literal("home_empty"),
      lineage: z.exactOptional(lineage),
      waitMilliseconds: wait,
    }),
  ]) satisfies z.ZodType<ShutdownRequest>,
};

const count = z.coerce.number().int().min(0);

/** What each query must look like; its values come as text. */
export const QUERIES = {
  none: z.strictObject({}),
  apply: z.strictObject({
    apply,
    after: z.exactOptional(z.coerce.number()),
    timeout: z.exactOptional(count.max(LONGEST_WAIT)),
  }) satisfies z.ZodType<ReadMessage>,
  fleet: z.strictObject({ reference: name, lineage: z.exactOptional(lineage) }),
  why: z.strictObject({ fleet }),
  drift: z.strictObject({ fleet: z.exactOptional(fleet) }),
  events: z.strictObject({
    after: z._default(count, 0),
    follow: z._default(z.enum(["true", "false"]), "false"),
    fleet: z.exactOptional(fleet),
  }),
  logs: z.strictObject({
    fleet: z.exactOptional(fleet),
    instance: z.exactOptional(instance),
    bytes: count.max(MOST_OUTPUT),
  }),
};

/** Checks what arrived. Throws a Refusal that names each field that is wrong. */
export function validated<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Refusal(
    400,
    result.error.issues.map((issue) =>
      errorDiagnostic(
        "The daemon does not understand the message",
        `${issue.path.length === 0 ? "The message" : issue.path.join(".")}: ${issue.message}.`,
        { remedy: "Use the kiln command of the daemon's version." },
      ),
    ),
  );
}
