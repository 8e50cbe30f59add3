import path from "node:path";
import { isImageName, parseImageRef } from "../../images/index.ts";
import type { ImageSpecification, ImageStep } from "../../images/index.ts";
import { errorDiagnostic } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import { textOf } from "../resource-provider.ts";
import { itemsOf, textMapOf, textsOf } from "./values.ts";
import type { Value } from "../../lang/index.ts";

/** Reads an image's arguments. Unknown ones count as absent; relative sources begin at `directory`. */
export function readImageSpecification(
  config: Value,
  directory: string,
): { readonly specification: ImageSpecification; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const name = textOf(config, "name") ?? "";
  if (name !== "" && !isImageName(name)) {
    diagnostics.push(
      errorDiagnostic(
        "Invalid image name",
        `"${name}" has other characters than lower case letters and digits, with single dots, dashes, underscores or slashes between them.`,
        { attribute: "name" },
      ),
    );
  }
  const specification: ImageSpecification = {
    name,
    base: readBase(textOf(config, "base") ?? "scratch", diagnostics),
    steps: readSteps(config, directory),
    entrypoint: textsOf(config, "entrypoint") ?? [],
    command: textsOf(config, "command") ?? [],
    env: textMapOf(config, "env") ?? {},
    workdir: textOf(config, "workdir") ?? "",
    labels: textMapOf(config, "labels") ?? {},
  };
  return { specification, diagnostics };
}

function readBase(text: string, diagnostics: Diagnostic[]): ImageSpecification["base"] {
  if (text === "scratch") return text;
  const reference = parseImageRef(text);
  if (reference !== undefined) return reference.digest;
  diagnostics.push(
    errorDiagnostic(
      "Unsupported base image",
      `"${text}" is neither "scratch" nor the ref of a kiln_image. Images of registries cannot be a base yet.`,
      { attribute: "base", remedy: 'Set base = "scratch", or to the ref of another kiln_image.' },
    ),
  );
  return "scratch";
}

function readSteps(config: Value, directory: string): ImageStep[] {
  const copies = (itemsOf(config, "copy") ?? []).map((block): ImageStep => ({
    kind: "copy",
    source: path.resolve(directory, textOf(block, "source") ?? ""),
    target: textOf(block, "target") ?? "",
  }));
  const runs = (itemsOf(config, "run") ?? []).map((block): ImageStep => {
    const workdir = textOf(block, "workdir");
    const env = textMapOf(block, "env");
    return {
      kind: "run",
      command: textOf(block, "command") ?? "",
      ...(workdir === undefined ? {} : { workdir }),
      ...(env === undefined ? {} : { env }),
    };
  });
  return [...copies, ...runs];
}
