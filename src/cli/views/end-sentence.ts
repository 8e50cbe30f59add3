import type { ApplyOutcome } from "../../operations/index.ts";

/** The sentence at the end of an apply. */
export function endSentence(
  outcome: Extract<ApplyOutcome, { kind: "executed" | "no_changes" }>,
  destroy: boolean,
): string {
  if (outcome.kind === "no_changes") {
    return destroy
      ? "Destroy complete! Resources: 0 destroyed."
      : "Apply complete! Resources: 0 added, 0 changed, 0 destroyed.";
  }
  const { result } = outcome;
  const counts = `${result.added} added, ${result.changed} changed, ${result.destroyed} destroyed`;
  switch (result.outcome) {
    case "applied":
      return destroy
        ? `Destroy complete! Resources: ${result.destroyed} destroyed.`
        : `Apply complete! Resources: ${counts}.`;
    case "aborted":
      return "Apply aborted: what was begun was taken back, and what served before still serves.";
    case "switched_back":
      return "Apply aborted after the switch: the traffic was switched back to what served before.";
    case "partial":
      return `Apply ended in part. Resources: ${counts}.`;
    case "held":
      return `Apply is held: an operator's rollback stands. Resources: ${counts}.`;
    case "failed":
      return `Apply failed. Resources: ${counts}.`;
  }
}
