import type { Diagnostic } from "../../kernel/index.ts";
import {
  applyDefaults,
  type Block,
  convert,
  DYNAMIC,
  evaluate,
  type Expression,
  type FunctionContext,
  FUNCTIONS,
  isCompound,
  isNumber,
  isUnknown,
  type Json,
  JsonNumber,
  languageError,
  numberText,
  NullValue,
  nullValue,
  NUMBER,
  objectValue,
  parseFile,
  pathText,
  type Scope,
  STRING,
  listType,
  typeConstraint,
  typeOf,
  typeToJson,
  unknownValue,
  unmark,
  unmarkDeep,
  type Value,
} from "../index.ts";

/** A recorded case; the fields as the recordings have them. */
export interface Case {
  readonly id: string;
  readonly topic: string;
  readonly expr: string;
  readonly value?: Json;
  readonly type?: Json;
  readonly phase?: "parse" | "validate" | "apply";
  readonly error?: {
    readonly summary: string;
    readonly detail?: string;
    readonly range?: { readonly start: Place; readonly end: Place };
  };
  readonly plan?: { readonly after?: Json; readonly after_unknown?: Json };
  readonly console?: string;
  readonly given?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, { readonly type?: string | null; readonly default?: string }>>;
  readonly files?: Readonly<Record<string, string | { readonly base64: string }>>;
  readonly check?: Json;
}

/** Whether something that was read is a case. */
export function isCase(json: unknown): json is Case {
  return (
    typeof json === "object" &&
    json !== null &&
    "id" in json &&
    "topic" in json &&
    "expr" in json &&
    typeof json.expr === "string"
  );
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** What became of a case: passed, why it was not run, or what is wrong. */
export type Verdict = "passed" | { readonly skipped: string } | { readonly wrong: string };

/** Errors about references, which are checked where configurations are read and not by the language. */
const REFERENCE_ERRORS =
  /^(Invalid reference|Reference to undeclared|Reference to "count"|Invalid "terraform" attribute)/;

/** Runs one case against the language: parses it in the file that it was recorded in, and evaluates. */
export function runCase(item: Case): Verdict {
  if (item.console !== undefined) return { skipped: "console" };
  if (item.check !== undefined) return { skipped: "needs a check of its own" };
  if (REFERENCE_ERRORS.test(item.error?.summary ?? "")) return { skipped: "reference" };
  const missing = missingFunction(item);
  if (missing !== undefined) return { skipped: `function ${missing}` };
  const { text, line, column } = fileOf(item);
  const { value: file, diagnostics } = parseFile("FILE", text);
  const expression = file.body.blocks.at(-1)?.body.attributes.get(NAME)?.expression;
  let found: readonly Diagnostic[] = diagnostics;
  let value: Value | undefined;
  if (diagnostics.length === 0 && expression !== undefined) {
    const scope = scopeOf(item, file.body.blocks);
    found = scope.diagnostics;
    if (found.length === 0) ({ value, diagnostics: found } = evaluate(expression, scope.scope));
  }
  if (item.error !== undefined) return errorVerdict(item, found, line, column);
  if (found.length > 0) return { wrong: `error ${found[0]?.summary}: ${found[0]?.detail}` };
  if (value === undefined) return { wrong: "no value" };
  return item.plan === undefined ? valueVerdict(item, value) : planVerdict(item.plan, value);
}

const NAME = "c0001";

function fileOf(item: Case): { readonly text: string; readonly line: number; readonly column: number } {
  let text = "";
  for (const [variable, { type, default: preset }] of Object.entries(item.variables ?? {})) {
    const typeLine = type === undefined || type === null ? "" : `  type = ${type}\n`;
    text += `variable "${variable}" {\n${typeLine}${preset === undefined ? "" : `  default = ${preset}\n`}}\n`;
  }
  for (const [local, given] of Object.entries(item.given ?? {}))
    text += `locals {\n  ${local} = ${given}\n}\n`;
  text += `output "${NAME}" {\n  value     = [local.${NAME}]\n  sensitive = true\n}\nlocals {\n`;
  const before = `  ${NAME} = `;
  return {
    text: `${text}${before}${item.expr}\n}\n`,
    line: text.split("\n").length,
    column: before.length + 1,
  };
}

/** A function that the case calls and that the language lacks so far. */
function missingFunction(item: Case): string | undefined {
  if (item.error?.summary === "Call to unknown function") {
    const meant = /Did you mean "(\w+)"/.exec(item.error.detail ?? "")?.[1];
    return meant === undefined || FUNCTIONS.has(meant) ? undefined : meant;
  }
  const texts = [item.expr, ...Object.values(item.given ?? {})];
  for (const file of Object.values(item.files ?? {})) if (typeof file === "string") texts.push(file);
  for (const text of texts) {
    for (const [, name = ""] of text.matchAll(/(?<![\w.:])([a-z][a-z0-9_]*)\s*\(/g)) {
      if (!FUNCTIONS.has(name) && KNOWN_NAMES.has(name)) return name;
    }
  }
  return undefined;
}

/** Names that begin no call but stand before parentheses all the same, or are no functions on purpose. */
const KNOWN_NAMES: ReadonlySet<string> = new Set(
  `abs abspath alltrue anytrue base64decode base64encode base64gzip base64sha256 base64sha512 basename bcrypt ceil
  chomp chunklist cidrhost cidrnetmask cidrsubnet cidrsubnets coalesce coalescelist compact concat contains csvdecode
  dirname distinct element endswith ephemeralasnull file filebase64 filebase64sha256 filebase64sha512 fileexists
  filemd5 fileset filesha1 filesha256 filesha512 flatten floor format formatdate formatlist indent index issensitive
  join jsondecode jsonencode keys length log lookup lower matchkeys max md5 merge min nonsensitive one parseint
  pathexpand plantimestamp pow range regex regexall replace reverse rsadecrypt sensitive setintersection setproduct
  setsubtract setunion sha1 sha256 sha512 signum slice sort split startswith strcontains strrev substr sum
  templatefile templatestring textdecodebase64 textencodebase64 timeadd timecmp timestamp title tobool tolist tomap
  tonumber toset tostring transpose trim trimprefix trimspace trimsuffix upper urlencode uuid uuidv5 values yamldecode
  yamlencode zipmap`.split(/\s+/),
);

function scopeOf(item: Case, blocks: readonly Block[]): { scope: Scope; diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const variables = new Map<string, Value>();
  const locals = new Map<string, Value>();
  const u = unknownValue(STRING, { notNull: true });
  if (item.plan !== undefined) {
    locals
      .set("u", u)
      .set("un", unknownValue(NUMBER))
      .set("ul", unknownValue(listType(STRING), { notNull: true }));
    locals.set("dyn", unknownValue(DYNAMIC));
  }
  const scope = (): Scope => ({
    variables: new Map<string, Value>([
      ["var", objectValue(variables)],
      ["local", objectValue(locals)],
      ["path", objectValue({ module: ".", root: ".", cwd: "/work" })],
      ["terraform", objectValue({ workspace: "default" })],
      [
        "terraform_data",
        objectValue({
          x: objectValue({ id: u, input: nullValue(), output: nullValue(), triggers_replace: nullValue() }),
        }),
      ],
    ]),
    functions: { definitions: FUNCTIONS, context: contextOf(item) },
  });
  const given = (expression: Expression): Value => {
    const { value, diagnostics: wrong } = evaluate(expression, scope());
    diagnostics.push(...wrong);
    return value;
  };
  for (const block of blocks) {
    if (block.type === "variable") {
      const name = block.labels[0]?.text ?? "";
      const declared = variableOf(block, given, diagnostics);
      if (declared !== undefined) variables.set(name, declared);
    } else if (block.type === "locals") {
      for (const attribute of block.body.attributes.values()) {
        if (attribute.name !== NAME) locals.set(attribute.name, given(attribute.expression));
      }
    }
  }
  return { scope: scope(), diagnostics };
}

function variableOf(
  { body }: Block,
  given: (expression: Expression) => Value,
  diagnostics: Diagnostic[],
): Value | undefined {
  const typeExpression = body.attributes.get("type")?.expression;
  const preset = body.attributes.get("default")?.expression;
  const constraint = typeExpression === undefined ? undefined : typeConstraint(typeExpression);
  diagnostics.push(...(constraint?.diagnostics ?? []));
  if (preset === undefined) return undefined;
  let value = given(preset);
  if (constraint?.defaults !== undefined) value = applyDefaults(value, constraint.defaults);
  const conversion = convert(value, constraint?.type ?? DYNAMIC);
  if ("value" in conversion) return conversion.value;
  const where =
    conversion.path === undefined || conversion.path.length === 0 ? "" : `${pathText(conversion.path)}: `;
  const detail = `This default value is not compatible with the variable's type constraint: ${where}${conversion.problem}.`;
  diagnostics.push(languageError("Invalid default value for variable", detail, preset));
  return undefined;
}

function contextOf(item: Case): FunctionContext {
  const files = new Map<string, Uint8Array>();
  for (const [path, content] of Object.entries(item.files ?? {})) {
    files.set(
      path,
      typeof content === "string" ? Buffer.from(content) : Buffer.from(content.base64, "base64"),
    );
  }
  const plain = (path: string) => path.replace(/^\.\//, "").replace(/^\/work\//, "");
  const isDirectory = (path: string) => [...files.keys()].some((file) => file.startsWith(`${plain(path)}/`));
  return {
    files: {
      read: (path) => files.get(plain(path)),
      kind: (path) =>
        files.has(plain(path)) ? "file" : isDirectory(path) || plain(path) === "." ? "directory" : "missing",
    },
    baseDirectory: "/work",
    homeDirectory: "/root",
    now: 1_790_000_000_000,
    planTime: 1_790_000_000_000,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
  };
}

function errorVerdict(item: Case, found: readonly Diagnostic[], line: number, column: number): Verdict {
  const expected = item.error;
  const same = found.filter(({ summary }) => summary === expected?.summary);
  if (expected === undefined || same.length === 0) {
    return {
      wrong: `errors ${JSON.stringify(found.map((one) => one.summary))} instead of ${expected?.summary}`,
    };
  }
  if (expected.detail !== undefined && !same.some(({ detail }) => detail === expected.detail)) {
    return {
      wrong: `detail ${JSON.stringify(same[0]?.detail)} instead of ${JSON.stringify(expected.detail)}`,
    };
  }
  if (expected.range === undefined) return "passed";
  const shift = (place: Place) => ({
    line: place.line - line + 1,
    column: place.line === line ? place.column - column + 1 : place.column,
  });
  const ranges = same.flatMap(({ subject }) =>
    subject === undefined ? [] : [{ start: shift(subject.start), end: shift(subject.end) }],
  );
  const wanted = JSON.stringify(expected.range);
  if (ranges.some((range) => JSON.stringify(range) === wanted)) return "passed";
  return { wrong: `range ${JSON.stringify(ranges[0])} instead of ${wanted}` };
}

function valueVerdict(item: Case, value: Value): Verdict {
  const got = plain(unmarkDeep(value).value);
  const wanted = item.value ?? null;
  if (canonical(got) !== canonical(wanted))
    return { wrong: `value ${canonical(got)} instead of ${canonical(wanted)}` };
  const type = canonical(JSON.parse(JSON.stringify(typeToJson(typeOf(value)))) as Json);
  const wantedType = canonical(item.type ?? null);
  return type === wantedType ? "passed" : { wrong: `type ${type} instead of ${wantedType}` };
}

function planVerdict(plan: NonNullable<Case["plan"]>, value: Value): Verdict {
  const got = plain(unmarkDeep(value).value);
  const unknown = canonical(unknownPaths(unmarkDeep(value).value));
  const wantedUnknown = canonical(unknownPathsOf(plan.after_unknown ?? false));
  if (unknown !== wantedUnknown) return { wrong: `unknown at ${unknown} instead of ${wantedUnknown}` };
  const wanted = canonical(plan.after ?? null);
  return canonical(got) === wanted ? "passed" : { wrong: `value ${canonical(got)} instead of ${wanted}` };
}

/** The value as JSON, unknown values as null in sequences and left out of objects. */
function plain(value: Value): Json {
  const bare = unmark(value).value;
  if (bare instanceof NullValue || isUnknown(bare)) return null;
  if (isNumber(bare)) return new JsonNumber(numberText(bare));
  if (!isCompound(bare)) return bare as string | boolean;
  if (bare.kind !== "map" && bare.kind !== "object") return bare.items.map(plain);
  return Object.fromEntries(
    bare.items.flatMap((item, at) => (isUnknown(item) ? [] : [[bare.keys[at] ?? "", plain(item)] as const])),
  );
}

function unknownPaths(value: Value, at = ""): string[] {
  if (isUnknown(value)) return [at];
  if (!isCompound(value)) return [];
  const keys = value.kind === "map" || value.kind === "object" ? value.keys : undefined;
  return value.items
    .flatMap((item, index) => unknownPaths(item, `${at}/${keys?.[index] ?? index}`))
    .toSorted();
}

function unknownPathsOf(json: Json, at = ""): string[] {
  if (json === true) return [at];
  if (json === null || typeof json !== "object" || json instanceof JsonNumber) return [];
  return Object.entries(json)
    .flatMap(([key, inner]) => unknownPathsOf(inner as Json, `${at}/${key}`))
    .toSorted();
}

/** JSON with sorted keys and one spelling for each decimal. */
function canonical(json: Json): string {
  if (typeof json === "number") return canonicalNumber(Object.is(json, -0) ? "-0" : String(json));
  if (json instanceof JsonNumber) return canonicalNumber(json.text);
  if (Array.isArray(json)) return `[${(json as readonly Json[]).map(canonical).join(",")}]`;
  if (json !== null && typeof json === "object") {
    const members = Object.entries(json).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner as Json)}`).join(",")}}`;
  }
  return JSON.stringify(json);
}

function canonicalNumber(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  if (trimmed === "") return "0";
  return `${sign}${trimmed}e${Number(exponent) - fraction.length + digits.length - trimmed.length}`;
}
