import type { Diagnostic } from "../kernel/index.ts";
import {
  type Attribute,
  type Block,
  content,
  keyword,
  partialContent,
  references,
  staticTraversal,
} from "../lang/index.ts";
import type { ResourceMode } from "./addresses.ts";
import { decodeCondition } from "./conditions.ts";
import type { Lifecycle, ProviderName, Repetition, Resource } from "./configuration.ts";
import { decodeDependsOn, listElements } from "./depends-on.ts";
import { checkName, literalBool } from "./literals.ts";
import { formatRange, headerOf, located, notSupportedYet, problemAt } from "./problems.ts";

const RESOURCE = {
  attributes: [{ name: "count" }, { name: "for_each" }, { name: "depends_on" }, { name: "provider" }],
  blocks: [
    { type: "lifecycle", labels: [] },
    { type: "provisioner", labels: ["type"] },
    { type: "connection", labels: [] },
    { type: "locals", labels: [] },
    { type: "_", labels: [] },
  ],
};

const LIFECYCLE = {
  attributes: [
    { name: "create_before_destroy" },
    { name: "prevent_destroy" },
    { name: "ignore_changes" },
    { name: "replace_triggered_by" },
  ],
  blocks: [
    { type: "precondition", labels: [] },
    { type: "postcondition", labels: [] },
  ],
};

const NO_LIFECYCLE: Lifecycle = {
  preventDestroy: false,
  ignoreChanges: [],
  replaceTriggeredBy: [],
  preconditions: [],
  postconditions: [],
};

/** Reads `count` and `for_each`; both together are an error. */
export function decodeRepetition(
  attributes: ReadonlyMap<string, Attribute>,
  what: string,
  diagnostics: Diagnostic[],
): Repetition {
  const count = attributes.get("count");
  const forEach = attributes.get("for_each");
  if (count !== undefined && forEach !== undefined) {
    diagnostics.push(
      problemAt(
        located(forEach.source, { start: forEach.start, end: forEach.nameEnd }),
        'Invalid combination of "count" and "for_each"',
        `The "count" and "for_each" meta-arguments are mutually-exclusive, only one should be used to be explicit about the number of ${what} to be created.`,
      ),
    );
  }
  if (count !== undefined) return { kind: "count", expression: count.expression };
  return forEach === undefined ? { kind: "single" } : { kind: "for_each", expression: forEach.expression };
}

/** Reads `provider = aws.west`; without it the configuration is that of the type's first word. */
function decodeProvider(
  type: string,
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): ProviderName {
  const implied = { localName: type.split("_", 1)[0] ?? type };
  if (attribute === undefined) return implied;
  const name = decodeProviderName(staticTraversal(attribute.expression));
  if (name !== undefined) return name;
  diagnostics.push(
    problemAt(
      attribute.expression,
      "Invalid provider reference",
      'The provider argument requires a provider configuration\'s name, optionally followed by "." and an alias: "aws" or "aws.west".',
    ),
  );
  return implied;
}

/** Reads `aws` or `aws.west`; undefined where it is something else. */
export function decodeProviderName(traversal: ReturnType<typeof staticTraversal>): ProviderName | undefined {
  if (traversal === undefined || traversal.steps.length > 1) return undefined;
  const [alias] = traversal.steps;
  if (alias === undefined) return { localName: traversal.name };
  return alias.kind === "attribute" ? { localName: traversal.name, alias: alias.name } : undefined;
}

function decodeLifecycle(blocks: readonly Block[], mode: ResourceMode, diagnostics: Diagnostic[]): Lifecycle {
  const [block, ...more] = blocks;
  if (block === undefined) return NO_LIFECYCLE;
  for (const surplus of more) {
    diagnostics.push(
      problemAt(
        located(surplus.source, { start: surplus.start, end: surplus.typeEnd }),
        "Duplicate lifecycle block",
        `This resource already has a lifecycle block at ${formatRange(headerOf(block))}.`,
      ),
    );
  }
  const found = content(block.body, LIFECYCLE);
  diagnostics.push(...found.diagnostics);
  if (mode === "data") {
    for (const attribute of found.attributes.values()) {
      diagnostics.push(
        problemAt(
          attribute,
          "Invalid data resource lifecycle argument",
          `The lifecycle argument "${attribute.name}" is defined only for managed resources ("resource" blocks), and is not valid for data resources.`,
        ),
      );
    }
  }
  const createBeforeDestroy = literalBool(found.attributes.get("create_before_destroy"), diagnostics);
  const conditions = (type: string) =>
    found.blocks
      .filter((each) => each.type === type)
      .flatMap((each) => decodeCondition(each, diagnostics) ?? []);
  return {
    ...(createBeforeDestroy === undefined ? {} : { createBeforeDestroy }),
    preventDestroy: literalBool(found.attributes.get("prevent_destroy"), diagnostics) ?? false,
    ignoreChanges: decodeIgnoreChanges(found.attributes.get("ignore_changes"), diagnostics),
    replaceTriggeredBy: decodeTriggers(found.attributes.get("replace_triggered_by"), diagnostics),
    preconditions: conditions("precondition"),
    postconditions: conditions("postcondition"),
  };
}

function decodeIgnoreChanges(
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): Lifecycle["ignoreChanges"] {
  if (attribute === undefined) return [];
  if (keyword(attribute.expression) === "all") return "all";
  return listElements(attribute.expression, diagnostics);
}

function decodeTriggers(
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): Lifecycle["replaceTriggeredBy"] {
  if (attribute === undefined) return [];
  const triggers = listElements(attribute.expression, diagnostics);
  for (const trigger of triggers) {
    if (references(trigger).some(({ name: root }) => !["count", "each"].includes(root))) continue;
    diagnostics.push(
      problemAt(
        trigger,
        "Invalid reference in replace_triggered_by expression",
        "An element of replace_triggered_by must refer to a managed resource, one of its instances or one of their attributes.",
      ),
    );
  }
  return triggers;
}

/** Reads a `resource` or `data` block; undefined where it has no usable type and name. */
export function decodeResource(
  block: Block,
  mode: ResourceMode,
  diagnostics: Diagnostic[],
): Resource | undefined {
  const what = mode === "data" ? "data source" : "resource";
  const type = checkName(block, 0, `Invalid ${what} name`, diagnostics);
  const name = checkName(block, 1, `Invalid ${what} name`, diagnostics);
  const found = partialContent(block.body, RESOURCE);
  diagnostics.push(...found.diagnostics);
  for (const nested of found.blocks) {
    if (nested.type === "lifecycle") continue;
    if (nested.type === "locals" || nested.type === "_") {
      diagnostics.push(
        problemAt(
          located(nested.source, { start: nested.start, end: nested.typeEnd }),
          `Reserved block type name in ${mode === "data" ? "data" : "resource"} block`,
          `The block type name "${nested.type}" is reserved for use by the language in a future version.`,
        ),
      );
      continue;
    }
    diagnostics.push(
      notSupportedYet(
        located(nested.source, { start: nested.start, end: nested.openBrace }),
        nested.type === "provisioner" ? "Provisioners are" : "Connection blocks are",
        `Take the ${nested.type} block out, and let the image's build do its work.`,
      ),
    );
  }
  const repetition = decodeRepetition(found.attributes, "resources", diagnostics);
  const dependsOn = decodeDependsOn(found.attributes.get("depends_on"), diagnostics);
  const lifecycle = decodeLifecycle(
    found.blocks.filter((each) => each.type === "lifecycle"),
    mode,
    diagnostics,
  );
  if (type === undefined || name === undefined) return undefined;
  const provider = decodeProvider(type, found.attributes.get("provider"), diagnostics);
  return {
    mode,
    type,
    name,
    body: found.remainder,
    repetition,
    dependsOn,
    lifecycle,
    provider,
    place: headerOf(block),
  };
}
