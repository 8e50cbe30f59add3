import { type Diagnostic, TERRAFORM_VERSION } from "../kernel/index.ts";
import {
  type Attribute,
  type Block,
  content,
  type Expression,
  type File,
  justAttributes,
  partialContent,
  staticList,
  staticMap,
  keyword,
  staticTraversal,
} from "../lang/index.ts";
import type { ProviderBlock, RequiredProvider } from "./configuration.ts";
import { checkName, literalText } from "./literals.ts";
import { formatRange, headerOf, located, nameOf, notSupportedYet, problemAt } from "./problems.ts";
import { meetsConstraint } from "./versions.ts";

const TERRAFORM = {
  attributes: [{ name: "required_version" }, { name: "experiments" }, { name: "language" }],
  blocks: [
    { type: "required_providers", labels: [] },
    { type: "backend", labels: ["type"] },
    { type: "cloud", labels: [] },
    { type: "provider_meta", labels: ["provider"] },
  ],
};

/** Reads a `terraform` block: what it requires of providers, in order. */
export function decodeTerraform(block: Block, diagnostics: Diagnostic[]): RequiredProvider[] {
  const found = content(block.body, TERRAFORM);
  diagnostics.push(...found.diagnostics);
  checkVersion(found.attributes.get("required_version"), diagnostics);
  const experiments = found.attributes.get("experiments");
  if (experiments !== undefined) {
    diagnostics.push(notSupportedYet(experiments, "Experiments are", "Take the argument out."));
  }
  const required: RequiredProvider[] = [];
  for (const nested of found.blocks) {
    const place = located(nested.source, { start: nested.start, end: nested.openBrace });
    if (nested.type === "required_providers") required.push(...decodeRequired(nested, diagnostics));
    else if (nested.type === "backend" && nested.labels[0]?.text === "local") {
      // The local backend is what there is; its settings would move the state, so they are refused.
      if (nested.body.attributes.size > 0) {
        diagnostics.push(
          notSupportedYet(place, "Settings of the local backend are", "Leave the block empty."),
        );
      }
    } else {
      diagnostics.push(
        notSupportedYet(
          place,
          nested.type === "backend"
            ? `The backend "${nested.labels[0]?.text ?? ""}" is`
            : `"${nested.type}" blocks are`,
          "Take the block out: the state is kept in terraform.tfstate beside the configuration.",
        ),
      );
    }
  }
  return required;
}

/** Says so where the files of a module have more than one backend block. */
export function checkBackends(files: readonly File[], diagnostics: Diagnostic[]): void {
  const [first, ...more] = files
    .flatMap(({ body }) => body.blocks.filter(({ type }) => type === "terraform"))
    .flatMap(({ body }) => body.blocks.filter(({ type }) => type === "backend"));
  if (first === undefined) return;
  for (const surplus of more) {
    diagnostics.push(
      problemAt(
        headerOf(surplus),
        "Duplicate backend configuration",
        `A module may have only one backend configuration. The backend was previously configured at ${formatRange(headerOf(first))}.`,
      ),
    );
  }
}

function checkVersion(attribute: Attribute | undefined, diagnostics: Diagnostic[]): void {
  const constraint = literalText(attribute, diagnostics);
  if (attribute === undefined || constraint === undefined) return;
  const met = meetsConstraint(TERRAFORM_VERSION, constraint);
  if (met === undefined) {
    diagnostics.push(
      problemAt(
        attribute.expression,
        "Invalid version constraint",
        "This string does not use correct version constraint syntax.",
      ),
    );
  } else if (!met) {
    diagnostics.push(
      problemAt(
        attribute.expression,
        "Unsupported Terraform Core version",
        `This configuration does not support Terraform version ${TERRAFORM_VERSION}, whose language this Kiln reads.`,
        { remedy: "Choose another version of Kiln, or change this version constraint." },
      ),
    );
  }
}

function decodeRequired(block: Block, diagnostics: Diagnostic[]): RequiredProvider[] {
  const found = justAttributes(block.body);
  diagnostics.push(...found.diagnostics);
  return [...found.attributes.values()].map((attribute) => decodeRequirement(attribute, diagnostics));
}

function decodeRequirement(attribute: Attribute, diagnostics: Diagnostic[]): RequiredProvider {
  const base = { localName: attribute.name, place: nameOf(attribute) };
  const members = staticMap(attribute.expression);
  if (members === undefined) {
    const constraint = literalText(attribute, diagnostics);
    return { ...base, aliases: [], ...(constraint === undefined ? {} : { constraint }) };
  }
  let source: string | undefined;
  let constraint: string | undefined;
  let aliases: readonly string[] = [];
  for (const { key, value } of members) {
    const name = keyword(key);
    if (name === "source") source = literalText({ ...attribute, expression: value }, diagnostics);
    else if (name === "version") constraint = literalText({ ...attribute, expression: value }, diagnostics);
    else if (name === "configuration_aliases") aliases = decodeAliases(value, diagnostics);
    else {
      diagnostics.push(
        problemAt(
          key,
          "Invalid required_providers object",
          'required_providers objects can only contain "version", "source" and "configuration_aliases" attributes.',
        ),
      );
    }
  }
  return {
    ...base,
    aliases,
    ...(source === undefined ? {} : { source }),
    ...(constraint === undefined ? {} : { constraint }),
  };
}

function decodeAliases(expression: Expression, diagnostics: Diagnostic[]): string[] {
  return (staticList(expression) ?? []).flatMap((element) => {
    const step = staticTraversal(element)?.steps[0];
    if (step?.kind === "attribute") return [step.name];
    diagnostics.push(
      problemAt(
        element,
        "Invalid configuration_aliases value",
        'An alias is written as "aws.west", without quotes.',
      ),
    );
    return [];
  });
}

const PROVIDER = { attributes: [{ name: "alias" }, { name: "version" }], blocks: [] };

/** Reads a `provider` block; undefined where it has no usable name. */
export function decodeProviderBlock(block: Block, diagnostics: Diagnostic[]): ProviderBlock | undefined {
  const localName = checkName(block, 0, "Invalid provider name", diagnostics);
  const found = partialContent(block.body, PROVIDER);
  diagnostics.push(...found.diagnostics);
  const alias = literalText(found.attributes.get("alias"), diagnostics);
  const version = found.attributes.get("version");
  if (version !== undefined) {
    diagnostics.push(
      problemAt(
        version,
        "Version constraints inside provider configuration blocks",
        "Kiln reads a provider's version constraint in required_providers only.",
        { remedy: "Move the constraint to the required_providers block." },
      ),
    );
  }
  if (localName === undefined) return undefined;
  return {
    localName,
    ...(alias === undefined ? {} : { alias }),
    body: found.remainder,
    place: headerOf(block),
  };
}
