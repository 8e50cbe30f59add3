import path from "node:path/posix";
import type { ConfigurationFiles } from "../config/index.ts";
import type { Plan } from "../engine/index.ts";
import { DiagnosticError, errorDiagnostic } from "../kernel/index.ts";
import type { GenerationNumber } from "../kernel/index.ts";
import {
  containsMarks,
  DYNAMIC,
  isMarked,
  JsonNumber,
  parseJsonLossless,
  plainObject,
  printJson,
  valueFromJson,
  valueToJson,
} from "../lang/index.ts";
import type { Json, Value } from "../lang/index.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** What a generation was made from: enough to plan towards it again. */
export interface Snapshot {
  readonly files: ConfigurationFiles;
  readonly variables: ReadonlyMap<string, Value>;
}

/** Keeps a generation's configuration and variables, without those that are sensitive or ephemeral (law 9). */
export async function saveSnapshot(
  workspace: Workspace,
  plan: Plan,
  generation: GenerationNumber,
): Promise<void> {
  const variables = [...plan.variables].flatMap(([name, value]) => {
    if (isMarked(value) || containsMarks(value)) return [];
    const encoded = valueToJson(value, DYNAMIC);
    return "json" in encoded ? [[name, encoded.json] as const] : [];
  });
  const text = printJson(
    plainObject([
      ["sources", plainObject([...plan.configuration.sources])],
      ["variables", plainObject(variables)],
    ]),
    "  ",
  );
  await workspace.snapshots.write(generation, `${text}\n`);
}

/** A generation's configuration and variables. Throws a diagnostic where they were not kept. */
export async function readSnapshot(workspace: Workspace, generation: GenerationNumber): Promise<Snapshot> {
  const text = await workspace.snapshots.read(generation);
  const parsed = text === undefined ? undefined : parseJsonLossless(text);
  const tree = parsed !== undefined && "json" in parsed ? parsed.json : undefined;
  if (!isObject(tree)) throw new DiagnosticError([notKept(generation)]);
  const sources = new Map<string, string>();
  for (const [name, content] of Object.entries(isObject(tree["sources"]) ? tree["sources"] : {})) {
    if (typeof content === "string") sources.set(name, content);
  }
  const variables = new Map<string, Value>();
  for (const [name, json] of Object.entries(isObject(tree["variables"]) ? tree["variables"] : {})) {
    const decoded = valueFromJson(json, DYNAMIC);
    if ("value" in decoded) variables.set(name, decoded.value);
  }
  return { files: filesOf(sources), variables };
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);
}

/** Files out of a map by their path relative to the root module. */
function filesOf(sources: ReadonlyMap<string, string>): ConfigurationFiles {
  return {
    list: (directory) => {
      const names = [...sources.keys()]
        .filter((file) => path.dirname(file) === directory)
        .map((file) => path.basename(file));
      return Promise.resolve(names.length === 0 ? undefined : names);
    },
    read: (file) => {
      const content = sources.get(file);
      if (content === undefined) throw new Error(`the snapshot has no file ${file}`);
      return Promise.resolve(content);
    },
  };
}

function notKept(generation: GenerationNumber) {
  return errorDiagnostic(
    "Generation not found",
    `The configuration of generation ${generation} is not kept in this directory.`,
    { remedy: 'List the generations with "kiln history".' },
  );
}
