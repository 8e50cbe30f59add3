import path from "node:path";
import { BOOL, DYNAMIC, isCompound, STRING, stringValue, type Value } from "../values/index.ts";
import { anyParameter, argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionContext, type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { hashText, utf8Text } from "./encodings.ts";
import { quoteText } from "./quote.ts";

/** The path with `~` replaced by the home directory. */
function expandHome(given: string, context: FunctionContext): string | FunctionProblem {
  if (!given.startsWith("~")) return given;
  if (given.length > 1 && given[1] !== "/") {
    return new FunctionProblem("failed to expand ~: cannot expand user-specific home dir", 0);
  }
  return path.posix.join(context.homeDirectory, given.slice(1));
}

/** Without doubled slashes, `.` and `..` where they can be resolved, and slashes at the end. */
function clean(given: string): string {
  const normal = path.posix.normalize(given);
  return normal.length > 1 ? normal.replace(/\/+$/, "") : normal;
}

function readFile(given: string, context: FunctionContext): Uint8Array | FunctionProblem {
  const expanded = expandHome(given, context);
  if (expanded instanceof FunctionProblem) return expanded;
  const file = clean(expanded);
  const kind = context.files.kind(file);
  if (kind === "directory") {
    return new FunctionProblem(`failed to read file: read ${file}: is a directory`, 0);
  }
  if (kind === "missing") {
    return new FunctionProblem(
      `no file exists at ${quoteText(file)}; this function works only with files that are distributed as part of the configuration source code, so if this file will be created by a resource in this configuration you must instead obtain this result from an attribute of that resource`,
      0,
    );
  }
  return (
    context.files.read(file) ?? new FunctionProblem(`failed to read file: read ${file}: cannot be read`, 0)
  );
}

function readText(given: string, context: FunctionContext): string | FunctionProblem {
  const bytes = readFile(given, context);
  if (bytes instanceof FunctionProblem) return bytes;
  const text = utf8Text(bytes);
  if (text !== undefined) return stringValue(text);
  return new FunctionProblem(
    `contents of ${quoteText(clean(given))} are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead`,
  );
}

function ofFile(name: string, compute: (bytes: Uint8Array) => string): FunctionDefinition {
  return {
    name,
    parameters: [stringParameter("path")],
    resultType: STRING,
    call: (args, context) => {
      const bytes = readFile(textOf(args, 0), context);
      return bytes instanceof FunctionProblem ? bytes : compute(bytes);
    },
  };
}

function fileHash(
  name: string,
  algorithm: "md5" | "sha1" | "sha256" | "sha512",
  encoding: "hex" | "base64",
): FunctionDefinition {
  return {
    name,
    parameters: [stringParameter("path")],
    resultType: STRING,
    call: (args, context) => {
      const given = textOf(args, 0);
      const bytes = readFile(given, context);
      if (!(bytes instanceof FunctionProblem)) return hashText(algorithm, bytes, encoding);
      return bytes.message.startsWith("no file exists")
        ? new FunctionProblem(`open ${clean(given)}: no such file or directory`)
        : new FunctionProblem(bytes.message);
    },
  };
}

const file: FunctionDefinition = {
  name: "file",
  parameters: [stringParameter("path")],
  resultType: STRING,
  call: (args, context) => readText(textOf(args, 0), context),
};

const fileexists: FunctionDefinition = {
  name: "fileexists",
  parameters: [stringParameter("path")],
  resultType: BOOL,
  call: (args, context) => {
    const expanded = expandHome(textOf(args, 0), context);
    if (expanded instanceof FunctionProblem) return expanded;
    const file = clean(expanded);
    const kind = context.files.kind(file);
    if (kind === "directory") return new FunctionProblem(`${quoteText(file)} is a directory, not a file`);
    if (kind === "other") return new FunctionProblem(`${quoteText(file)} is not a regular file`);
    return kind === "file";
  },
};

const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u;

/** The variables of a template by name, from a map or an object. */
export function templateVariables(
  value: Value,
  position: number,
): ReadonlyMap<string, Value> | FunctionProblem {
  if (!isCompound(value) || (value.kind !== "map" && value.kind !== "object")) {
    return new FunctionProblem("invalid vars value: must be a map", position);
  }
  const wrong = value.keys.find((name) => !VARIABLE_NAME.test(name));
  if (wrong !== undefined) {
    return new FunctionProblem(
      `invalid template variable name ${quoteText(wrong)}: must start with a letter, followed by zero or more letters, digits, and underscores`,
      position,
    );
  }
  return new Map(value.keys.map((name, at) => [name, argument(value.items, at)] as const));
}

const templatefile: FunctionDefinition = {
  name: "templatefile",
  parameters: [stringParameter("path"), anyParameter("vars")],
  mayBeNull: true,
  resultType: DYNAMIC,
  call: (args, context) => {
    if (context.renderTemplate === undefined) {
      return new FunctionProblem(
        "cannot recursively call templatefile from inside another template function",
      );
    }
    const given = textOf(args, 0);
    const source = readText(given, context);
    if (source instanceof FunctionProblem) return source;
    const variables = templateVariables(argument(args, 1), 1);
    if (variables instanceof FunctionProblem) return variables;
    return context.renderTemplate(source, given, variables);
  },
};

function ofPath(
  name: string,
  compute: (given: string, context: FunctionContext) => string | FunctionProblem,
) {
  return {
    name,
    parameters: [stringParameter("path")],
    resultType: STRING,
    call: (args: readonly Value[], context: FunctionContext) => compute(textOf(args, 0), context),
  } satisfies FunctionDefinition;
}

function basename(given: string): string {
  if (given === "") return ".";
  return path.posix.basename(given) || "/";
}

function dirname(given: string): string {
  return clean(given.slice(0, given.lastIndexOf("/") + 1));
}

/** Functions that read files, or compute with paths. */
export const FILE_FUNCTIONS: readonly FunctionDefinition[] = [
  file,
  fileexists,
  ofFile("filebase64", (bytes) => Buffer.from(bytes).toString("base64")),
  fileHash("filemd5", "md5", "hex"),
  fileHash("filesha1", "sha1", "hex"),
  fileHash("filesha256", "sha256", "hex"),
  fileHash("filesha512", "sha512", "hex"),
  fileHash("filebase64sha256", "sha256", "base64"),
  fileHash("filebase64sha512", "sha512", "base64"),
  templatefile,
  ofPath("basename", basename),
  ofPath("dirname", dirname),
  ofPath("abspath", (given, context) => clean(path.posix.resolve(context.baseDirectory, given))),
  ofPath("pathexpand", expandHome),
];
