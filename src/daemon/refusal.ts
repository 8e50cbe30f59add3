import type { Diagnostic } from "../kernel/index.ts";

/** A request that is not even a message: answered with a status of its own. */
export class Refusal extends Error {
  readonly status: number;
  readonly diagnostics: readonly Diagnostic[];

  constructor(status: number, diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`).join("\n"));
    this.name = "Refusal";
    this.status = status;
    this.diagnostics = diagnostics;
  }
}
