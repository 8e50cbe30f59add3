import type { Plan, State } from "../../engine/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { ApplyOutcome } from "../../operations/index.ts";
import type { Progress } from "./progress.ts";
import type { Schemas } from "./schemas.ts";

/** What commands that plan and apply show: for people, or for programs. */
export interface RunView {
  readonly progress: Progress;
  diagnostics(diagnostics: readonly Diagnostic[]): void;
  plan(plan: Plan, schemas: Schemas): void;
  /** Only for people: a rule, and what to do next. `saved` is the file that the plan was written to. */
  afterPlan(saved: string | undefined): void;
  ended(outcome: Extract<ApplyOutcome, { kind: "executed" | "no_changes" }>, destroy: boolean): void;
  outputs(state: State | undefined): void;
  /** One sentence to people. */
  say(text: string): void;
  close(): void;
}
