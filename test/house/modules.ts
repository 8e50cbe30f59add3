import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parseAst } from "rolldown/parseAst";

/** One import or re-export of a module. */
export interface ModuleImport {
  /** As written: `../kernel/index.ts`, `node:fs`. */
  readonly specifier: string;
  readonly line: number;
  /** Only types: nothing of it is loaded. */
  readonly typeOnly: boolean;
  /** `import()`: loaded when it is reached. */
  readonly lazy: boolean;
}

/** A source file as the rules see it. */
export interface Module {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly ModuleImport[];
  /** Lines of `let` and `var` at the top of the module. */
  readonly mutableState: readonly number[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

/** Reads one module's imports from its text. */
export function readModule(file: string, text: string): Module {
  const program: unknown = parseAst(text, { lang: "ts" });
  const imports: ModuleImport[] = [];
  const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;
  const add = (node: Node, source: unknown, typeOnly: boolean, lazy: boolean) => {
    if (isNode(source) && typeof source["value"] === "string") {
      imports.push({ specifier: source["value"], line: lineAt(node.start), typeOnly, lazy });
    }
  };
  const everySpecifierIsType = (node: Node): boolean => {
    const specifiers = node["specifiers"];
    return (
      Array.isArray(specifiers) &&
      specifiers.length > 0 &&
      specifiers.every((specifier: unknown) => isNode(specifier) && specifier["importKind"] === "type")
    );
  };
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (!isNode(value)) return;
    if (value.type === "ImportDeclaration") {
      add(value, value["source"], value["importKind"] === "type" || everySpecifierIsType(value), false);
      return;
    }
    if (value.type === "ExportAllDeclaration" || value.type === "ExportNamedDeclaration") {
      add(value, value["source"], value["exportKind"] === "type", false);
    }
    if (value.type === "ImportExpression") add(value, value["source"], false, true);
    if (value.type === "TSImportType") add(value, value["source"], true, false);
    for (const [key, child] of Object.entries(value)) if (key !== "source") visit(child);
  };
  visit(program);
  const body = isNode(program) && Array.isArray(program["body"]) ? program["body"].filter(isNode) : [];
  const mutableState = body
    .map((node) =>
      node.type === "ExportNamedDeclaration" && isNode(node["declaration"]) ? node["declaration"] : node,
    )
    .filter((node) => node.type === "VariableDeclaration" && node["kind"] !== "const")
    .map((node) => lineAt(node.start));
  return { file, text, imports, mutableState };
}

/** Every TypeScript file below the project's folders. */
export function readProject(root: string, folders: readonly string[]): Module[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
      .toSorted()
      .map((file) => readModule(file, readFileSync(path.join(root, file), "utf8"))),
  );
}
