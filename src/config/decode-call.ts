import path from "node:path/posix";
import type { Diagnostic } from "../kernel/index.ts";
import {
  type Attribute,
  type Block,
  type Expression,
  partialContent,
  staticMap,
  staticTraversal,
  keyword,
} from "../lang/index.ts";
import type { ModuleCall, ProviderName } from "./configuration.ts";
import { decodeProviderName, decodeRepetition } from "./decode-resource.ts";
import { decodeDependsOn } from "./depends-on.ts";
import { checkName, literalText } from "./literals.ts";
import { headerOf, located, problemAt } from "./problems.ts";

const CALL = {
  attributes: [
    { name: "source", required: true },
    { name: "version" },
    { name: "count" },
    { name: "for_each" },
    { name: "depends_on" },
    { name: "providers" },
  ],
  blocks: [],
};

/** Reads a `module` block; undefined where it has no usable name or source. */
export function decodeCall(block: Block, diagnostics: Diagnostic[]): ModuleCall | undefined {
  const name = checkName(block, 0, "Invalid module instance name", diagnostics);
  const found = partialContent(block.body, CALL);
  diagnostics.push(...found.diagnostics);
  for (const nested of found.remainder.blocks) {
    diagnostics.push(
      problemAt(
        located(nested.source, { start: nested.start, end: nested.typeEnd }),
        "Unsupported block type",
        `Blocks of type "${nested.type}" are not expected here.`,
      ),
    );
  }
  const sourceAttribute = found.attributes.get("source");
  const source = literalText(sourceAttribute, diagnostics);
  const repetition = decodeRepetition(found.attributes, "modules", diagnostics);
  const dependsOn = decodeDependsOn(found.attributes.get("depends_on"), diagnostics);
  const providers = decodeProviders(found.attributes.get("providers"), diagnostics);
  if (name === undefined || source === undefined || sourceAttribute === undefined) return undefined;
  const version = found.attributes.get("version");
  if (version !== undefined && isLocalSource(source)) {
    diagnostics.push(
      problemAt(
        version,
        "Invalid registry module source address",
        `A version is meaningful only for a module of a registry, and "${source}" is a directory.`,
      ),
    );
  }
  const given = new Map<string, Expression>();
  for (const attribute of found.remainder.attributes.values())
    given.set(attribute.name, attribute.expression);
  return {
    name,
    source,
    sourcePlace: sourceAttribute.expression,
    arguments: given,
    repetition,
    dependsOn,
    providers,
    place: headerOf(block),
  };
}

/** Whether a module's source is a directory of this configuration. */
export function isLocalSource(source: string): boolean {
  return source === "." || source === ".." || source.startsWith("./") || source.startsWith("../");
}

/** The directory of a called module, relative to the root module's. */
export function sourceDirectory(caller: string, source: string): string {
  return path.normalize(path.join(caller, source)).replace(/\/$/, "");
}

function decodeProviders(
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, ProviderName> {
  const providers = new Map<string, ProviderName>();
  if (attribute === undefined) return providers;
  const entries = staticMap(attribute.expression);
  if (entries === undefined) {
    diagnostics.push(
      problemAt(attribute.expression, "Invalid expression", "A static map expression is required."),
    );
    return providers;
  }
  for (const entry of entries) {
    const plain = keyword(entry.key);
    const child = plain === undefined ? decodeProviderName(staticTraversal(entry.key)) : { localName: plain };
    const ours = decodeProviderName(staticTraversal(entry.value));
    if (child === undefined || ours === undefined) {
      diagnostics.push(
        problemAt(
          child === undefined ? entry.key : entry.value,
          "Invalid provider reference",
          'A provider configuration\'s name is required, optionally followed by "." and an alias: "aws" or "aws.west".',
        ),
      );
    } else providers.set(providerKey(child), ours);
  }
  return providers;
}

/** `aws` or `aws.west`. */
export function providerKey(name: ProviderName): string {
  return name.alias === undefined ? name.localName : `${name.localName}.${name.alias}`;
}
