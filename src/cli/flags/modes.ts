import type { PlanMode } from "../../engine/index.ts";
import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import type { ParsedArguments } from "./parse.ts";
import type { FlagSpecification } from "./specification.ts";

/** What is planned towards. */
export const MODES: Readonly<Record<string, FlagSpecification>> = {
  destroy: { kind: "boolean", help: "Plan to destroy everything." },
  "refresh-only": { kind: "boolean", help: "Only take over what changed outside of Kiln." },
};

/** The mode that the flags ask for. Throws a diagnostic where they contradict each other. */
export function modeOf(parsed: ParsedArguments): PlanMode {
  const destroy = parsed.boolean("destroy");
  const refreshOnly = parsed.boolean("refresh-only");
  if (destroy && refreshOnly) {
    throw new DiagnosticError([
      errorDiagnostic(
        "Incompatible plan mode options",
        "The -destroy and -refresh-only options are mutually exclusive.",
      ),
    ]);
  }
  if (destroy) return "destroy";
  return refreshOnly ? "refresh_only" : "normal";
}
