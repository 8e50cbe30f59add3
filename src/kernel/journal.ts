import type { ApplyId, OperationId } from "./ids.ts";

/** What is about to be done to the world; durable before it is done (law 5). */
export interface Intent {
  readonly apply: ApplyId;
  /** What it is done to: a resource address, an instance. */
  readonly address: string;
  readonly action: string;
  /** What finding the effect again needs, such as the process id of a plugin or a provider's search key. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
  /** The call has surely ended after this moment, in milliseconds since the epoch. */
  readonly deadline: number;
}

/** How an operation ended, or that nobody can tell. */
export type OperationResult =
  | { readonly kind: "done"; readonly record: string }
  | { readonly kind: "nothing_happened"; readonly reason: string }
  | { readonly kind: "discarded" }
  | { readonly kind: "discard_failed"; readonly reason: string }
  | { readonly kind: "in_doubt"; readonly reason: string };

export interface OpenOperation {
  readonly id: OperationId;
  readonly intent: Intent;
  /** Present where the operation is in doubt, which keeps it open. */
  readonly doubt?: string;
}

/**
 * The one format of intents and results. What a promise has confirmed is durable: it survives `kill -9` and a
 * power cut. `append` rejects where it cannot be written, and then the call must not be made.
 */
export interface Journal {
  append(intent: Intent): Promise<OperationId>;
  resolve(id: OperationId, result: OperationResult): Promise<void>;
  /** Operations without a final result, oldest first. */
  open(): Promise<readonly OpenOperation[]>;
}
