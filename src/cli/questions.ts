import type { PlanMode } from "../engine/index.ts";
import type { Style } from "./views/style.ts";

/** What a person is asked before an apply. */
export function questionFor(mode: PlanMode, style: Style): string {
  const [question, explanation] =
    mode === "destroy"
      ? [
          "Do you really want to destroy all resources?",
          "Kiln will destroy all your managed infrastructure, as shown above.\n  There is no undo. Only 'yes' will be accepted to confirm.",
        ]
      : mode === "refresh_only"
        ? [
            "Would you like to update the Kiln state to reflect these detected changes?",
            "Kiln will write these changes to the state without modifying any real infrastructure.\n  There is no undo. Only 'yes' will be accepted to confirm.",
          ]
        : [
            "Do you want to perform these actions?",
            "Kiln will perform the actions described above.\n  Only 'yes' will be accepted to approve.",
          ];
  return `\n${style.bold(question ?? "")}\n  ${explanation ?? ""}\n\n  ${style.bold("Enter a value:")} `;
}
