import { createHash } from "node:crypto";
import {
  containsUnknown,
  DYNAMIC,
  impliedValue,
  isNeverNull,
  parseJsonLossless,
  STRING,
  stringValue,
  typeOf,
  unknownValue,
  type Value,
} from "../values/index.ts";
import { anyParameter, argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { jsonText } from "./json.ts";
import { quoteText } from "./quote.ts";

function ofText(name: string, compute: (text: string) => string | FunctionProblem): FunctionDefinition {
  return {
    name,
    parameters: [stringParameter("str")],
    resultType: STRING,
    call: (args) => compute(textOf(args, 0)),
  };
}

/** Hash algorithms, and the encodings of their results. */
type Algorithm = "md5" | "sha1" | "sha256" | "sha512";

/** The hash of bytes as text. */
export function hashText(
  algorithm: Algorithm,
  bytes: string | Uint8Array,
  encoding: "hex" | "base64",
): string {
  return createHash(algorithm).update(bytes).digest(encoding);
}

const hash = (name: string, algorithm: Algorithm, encoding: "hex" | "base64"): FunctionDefinition =>
  ofText(name, (text) => hashText(algorithm, text, encoding));

/** Bytes as text, or undefined where they are no UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    // The decoder's way to say that the bytes are malformed.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function base64decode(encoded: string): string | FunctionProblem {
  // New lines are the only thing that is skipped.
  if (!BASE64.test(encoded.replaceAll(/[\r\n]/g, ""))) {
    return new FunctionProblem(`failed to decode base64 data ${quoteText(encoded)}`);
  }
  const text = utf8Text(Buffer.from(encoded, "base64"));
  return text === undefined
    ? new FunctionProblem("the result of decoding the provided string is not valid UTF-8")
    : stringValue(text);
}

/** As a form encodes: spaces are `+`, and all but letters, digits and `-_.~` is escaped. */
function urlencode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%20", "+")
    .replaceAll(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
}

const jsonencode: FunctionDefinition = {
  name: "jsonencode",
  parameters: [anyParameter("val", { allowNull: true, allowUnknown: true, allowDynamic: true })],
  resultType: STRING,
  call: (args) => {
    const value = argument(args, 0);
    if (containsUnknown(value)) return unknownJson(value);
    return jsonText(value) ?? new FunctionProblem("cannot serialize infinity as JSON", 0);
  },
};

/** What is known of the JSON of a value that is not: how it begins. */
function unknownJson(value: Value): Value {
  if (!isNeverNull(value)) return unknownValue(STRING);
  const { kind } = typeOf(value);
  const prefix =
    kind === "string"
      ? '"'
      : kind === "object" || kind === "map"
        ? "{"
        : kind === "list" || kind === "set" || kind === "tuple"
          ? "["
          : "";
  return unknownValue(STRING, { prefix });
}

const jsondecode: FunctionDefinition = {
  name: "jsondecode",
  parameters: [stringParameter("str")],
  mayBeNull: true,
  resultType: DYNAMIC,
  call: (args) => {
    const source = textOf(args, 0);
    const parsed = parseJsonLossless(source);
    if ("json" in parsed) return impliedValue(parsed.json);
    const { problem } = parsed;
    if (problem.endsWith("after top-level value"))
      return new FunctionProblem("extraneous data after JSON object");
    if (problem !== "unexpected end of JSON input") return new FunctionProblem(problem);
    return new FunctionProblem(/["A-Za-z\\-]$/.test(source) && source !== "" ? "unexpected EOF" : "EOF");
  },
};

/** Hashes and encodings of strings. */
export const ENCODING_FUNCTIONS: readonly FunctionDefinition[] = [
  hash("md5", "md5", "hex"),
  hash("sha1", "sha1", "hex"),
  hash("sha256", "sha256", "hex"),
  hash("sha512", "sha512", "hex"),
  hash("base64sha256", "sha256", "base64"),
  hash("base64sha512", "sha512", "base64"),
  ofText("base64encode", (text) => Buffer.from(text, "utf8").toString("base64")),
  ofText("base64decode", base64decode),
  ofText("urlencode", urlencode),
  jsonencode,
  jsondecode,
];
