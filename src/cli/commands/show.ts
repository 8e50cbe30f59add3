import { readFile } from "node:fs/promises";
import path from "node:path";
import { openPlan, parseState } from "../../engine/index.ts";
import { DiagnosticError, errorDiagnostic, EXIT, isSystemError } from "../../kernel/index.ts";
import { readState, schemasFor } from "../../operations/index.ts";
import type { Workspace } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import type { Console } from "../console.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showPlan, showState } from "../views/state.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "show",
    summary: "Show the current state or a saved plan",
    description: ["Shows the state, or the plan or state in the given file."],
    arguments: [{ name: "FILE", optional: true }],
    flags: JSON_OBJECT,
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const json = parsed.boolean("json");
      const [file] = parsed.positional;
      if (file !== undefined)
        await showFile(workspace, context.console, path.resolve(context.directory, file), json);
      else {
        const state = await readState(workspace);
        const schemas = await schemasFor(workspace.providers, state === undefined ? {} : { state });
        showState(context.console, state, schemas, json);
      }
      return EXIT.done;
    }),
};

async function showFile(workspace: Workspace, console: Console, file: string, json: boolean): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DiagnosticError([
      errorDiagnostic("Failed to read the given file", `${file}: ${error.message}.`),
    ]);
  }
  const opened = await openPlan(text);
  if (!("diagnostic" in opened)) {
    const { plan } = opened;
    showPlan(console, plan, await schemasFor(workspace.providers, { plan }), json);
    return;
  }
  const parsed = parseState(text, path.basename(file));
  if (!("state" in parsed)) {
    throw new DiagnosticError([
      errorDiagnostic(
        "Failed to read the given file as a state or plan file",
        `As a plan: ${opened.diagnostic.detail}\n\nAs a state: ${parsed.diagnostic.detail}`,
      ),
    ]);
  }
  showState(console, parsed.state, await schemasFor(workspace.providers, { state: parsed.state }), json);
}
