import type { Diagnostic } from "../kernel/index.ts";
import { type Block, content, type File } from "../lang/index.ts";
import { formatResourceName } from "./addresses.ts";
import type {
  Local,
  Module,
  ModuleCall,
  Output,
  ProviderBlock,
  RequiredProvider,
  Resource,
  Variable,
} from "./configuration.ts";
import { decodeCall, providerKey } from "./decode-call.ts";
import { decodeLocals, decodeOutput } from "./decode-named.ts";
import { decodeResource } from "./decode-resource.ts";
import { checkBackends, decodeProviderBlock, decodeTerraform } from "./decode-terraform.ts";
import { decodeVariable } from "./decode-variable.ts";
import { formatRange, headerOf, type Located, notSupportedYet, problemAt } from "./problems.ts";

const MODULE = {
  attributes: [],
  blocks: [
    { type: "terraform", labels: [] },
    { type: "required_providers", labels: [] },
    { type: "provider", labels: ["name"] },
    { type: "variable", labels: ["name"] },
    { type: "locals", labels: [] },
    { type: "output", labels: ["name"] },
    { type: "module", labels: ["name"] },
    { type: "resource", labels: ["type", "name"] },
    { type: "data", labels: ["type", "name"] },
    { type: "ephemeral", labels: ["type", "name"] },
    { type: "moved", labels: [] },
    { type: "removed", labels: [] },
    { type: "import", labels: [] },
    { type: "check", labels: ["name"] },
  ],
};

/** Blocks of the language that a later version of Kiln reads, and what to do meanwhile. */
const LATER: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ephemeral: ["Ephemeral resources are", "Pass the value in with an ephemeral input variable."],
  moved: ["Moved blocks are", "Take the block out, and rename the object in the state by hand."],
  removed: ["Removed blocks are", "Take the block out; without its resource block the object is destroyed."],
  import: ["Import blocks are", "Take the block out."],
  check: ["Check blocks are", "Use a postcondition of a resource or a precondition of an output."],
};

/** What the files of one directory define, before its calls are followed. */
export type ModuleContent = Omit<Module, "path" | "directory" | "children">;

interface Collected {
  readonly variables: Map<string, Variable>;
  readonly locals: Map<string, Local>;
  readonly outputs: Map<string, Output>;
  readonly resources: Map<string, Resource>;
  readonly calls: Map<string, ModuleCall>;
  readonly providers: Map<string, ProviderBlock>;
  readonly requiredProviders: Map<string, RequiredProvider>;
}

/** Puts the blocks of all files of a module together. */
export function decodeModule(files: readonly File[], diagnostics: Diagnostic[]): ModuleContent {
  const module: Collected = {
    variables: new Map(),
    locals: new Map(),
    outputs: new Map(),
    resources: new Map(),
    calls: new Map(),
    providers: new Map(),
    requiredProviders: new Map(),
  };
  for (const file of files) {
    const found = content(file.body, MODULE);
    diagnostics.push(...found.diagnostics);
    for (const block of found.blocks) decodeBlock(block, module, diagnostics);
  }
  checkBackends(files, diagnostics);
  return module;
}

function decodeBlock(block: Block, module: Collected, diagnostics: Diagnostic[]): void {
  const define = <T extends { readonly place: Located }>(
    table: Map<string, T>,
    key: string,
    item: T | undefined,
    summary: string,
    sentence: (range: string) => string,
  ): void => {
    if (item === undefined) return;
    const existing = table.get(key);
    if (existing === undefined) table.set(key, item);
    else {
      const place = headerOf(block);
      diagnostics.push(problemAt(place, summary, sentence(formatRange(existing.place))));
    }
  };
  switch (block.type) {
    case "variable": {
      const variable = decodeVariable(block, diagnostics);
      define(
        module.variables,
        variable?.name ?? "",
        variable,
        "Duplicate variable declaration",
        (range) =>
          `A variable named "${variable?.name ?? ""}" was already declared at ${range}. Variable names must be unique within a module.`,
      );
      break;
    }
    case "locals":
      for (const local of decodeLocals(block, diagnostics)) {
        define(
          module.locals,
          local.name,
          local,
          "Duplicate local value definition",
          (range) =>
            `A local value named "${local.name}" was already defined at ${range}. Local value names must be unique within a module.`,
        );
      }
      break;
    case "output": {
      const output = decodeOutput(block, diagnostics);
      define(
        module.outputs,
        output?.name ?? "",
        output,
        "Duplicate output definition",
        (range) =>
          `An output named "${output?.name ?? ""}" was already defined at ${range}. Output names must be unique within a module.`,
      );
      break;
    }
    case "resource":
    case "data": {
      const resource = decodeResource(block, block.type === "data" ? "data" : "managed", diagnostics);
      const what = block.type === "data" ? "data" : "resource";
      define(
        module.resources,
        resource === undefined ? "" : formatResourceName(resource),
        resource,
        `Duplicate ${what} "${resource?.type ?? ""}" configuration`,
        (range) =>
          `A ${resource?.type ?? ""} ${what} named "${resource?.name ?? ""}" was already declared at ${range}. Resource names must be unique per type in each module.`,
      );
      break;
    }
    case "module": {
      const call = decodeCall(block, diagnostics);
      define(
        module.calls,
        call?.name ?? "",
        call,
        "Duplicate module call",
        (range) =>
          `A module call named "${call?.name ?? ""}" was already defined at ${range}. Module calls must have unique names within a module.`,
      );
      break;
    }
    case "provider": {
      const provider = decodeProviderBlock(block, diagnostics);
      define(
        module.providers,
        provider === undefined ? "" : providerKey(provider),
        provider,
        "Duplicate provider configuration",
        (range) =>
          `A provider configuration "${provider === undefined ? "" : providerKey(provider)}" was already given at ${range}. Each has to have an alias of its own.`,
      );
      break;
    }
    case "terraform":
      for (const required of decodeTerraform(block, diagnostics)) {
        define(
          module.requiredProviders,
          required.localName,
          required,
          "Duplicate required providers configuration",
          (range) => `The provider "${required.localName}" was already required at ${range}.`,
        );
      }
      break;
    default:
      refuseLater(block, diagnostics);
  }
}

function refuseLater(block: Block, diagnostics: Diagnostic[]): void {
  const place = headerOf(block);
  const later = LATER[block.type];
  diagnostics.push(
    later === undefined
      ? problemAt(
          place,
          "Invalid required_providers block",
          'A "required_providers" block must be nested inside a "terraform" block.',
        )
      : notSupportedYet(place, later[0], later[1]),
  );
}
