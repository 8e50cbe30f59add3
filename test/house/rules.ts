import path from "node:path";
import type { Module, ModuleImport } from "./modules.ts";

/** A broken rule: where, and what mends it. */
export interface Violation {
  readonly rule: "door" | "arrow" | "types only" | "circle" | "dead file" | "size" | "state" | "mark";
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** The arrows of the house: which rooms a room may import. `kernel` is open to all. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  cli: [
    "operations",
    "providers",
    "engine",
    "config",
    "lang",
    "api",
    "fleets",
    "images",
    "runtimes",
    "traffic",
    "store",
  ],
  daemon: ["api", "fleets", "images", "runtimes", "traffic", "store"],
  operations: ["providers", "engine", "config", "lang", "api"],
  providers: ["engine", "lang", "api", "images"],
  engine: ["config", "lang"],
  config: ["lang"],
  lang: [],
  api: ["fleets"],
  fleets: [],
  images: ["fleets", "engine"],
  runtimes: ["fleets", "images"],
  traffic: ["fleets"],
  dataplane: ["traffic"],
  store: ["fleets", "engine"],
  kernel: [],
};

/** Arrows that carry interfaces alone: a driver implements what the other room declares. */
const TYPES_ONLY: readonly (readonly [string, string])[] = [
  ["images", "fleets"],
  ["images", "engine"],
  ["runtimes", "fleets"],
  ["runtimes", "images"],
  ["traffic", "fleets"],
  ["store", "engine"],
  ["api", "fleets"],
];

/** Where a process starts. */
const ENTRIES: readonly string[] = ["src/cli/main.ts", "src/daemon/main.ts", "src/dataplane/main.ts"];

/** A file is about one thing and can be read in one sitting. */
const MOST_LINES = 400;

/** Marks of unfinished work or of a silenced checker. Spelled apart, so that this file has none. */
const MARKS: readonly RegExp[] = [
  /\bTO\x44O\b/,
  /\bFIX\x4dE\b/,
  /\bX{3}\b/,
  /\bHA\x43K\b/,
  /@ts-(?:\x69gnore|expect-error|nocheck)/,
  /\bas \x75nknown as\b/,
  /\bas \x61ny\b/,
  /\b(?:test|it|describe)\.(?:only|todo)\b/,
];

const isTest = (file: string): boolean =>
  /\.(?:test|suite)\.ts$/.test(file) ||
  !file.startsWith("src/") ||
  /\/testing(?:\.ts$|-|\/)/.test(file) ||
  file.includes("/simulated/");

function roomOf(file: string): string | undefined {
  const [top, room, rest] = file.split("/");
  return top === "src" && rest !== undefined ? room : undefined;
}

function targetOf(module: Module, found: ModuleImport): string | undefined {
  return found.specifier.startsWith(".")
    ? path.posix.normalize(path.posix.join(path.posix.dirname(module.file), found.specifier))
    : undefined;
}

/** Other rooms are entered by their door, along the arrows, and drivers take interfaces alone. */
function roomRules(module: Module): Violation[] {
  const room = roomOf(module.file);
  if (room === undefined) return [];
  return module.imports.flatMap((found): Violation[] => {
    const target = targetOf(module, found);
    const other = target === undefined ? undefined : roomOf(target);
    if (target === undefined || other === undefined || other === room) return [];
    const at = { file: module.file, line: found.line };
    if (target !== `src/${other}/index.ts` && !(isTest(module.file) && isTest(target))) {
      return [{ rule: "door", ...at, message: `imports ${target}; import src/${other}/index.ts` }];
    }
    if (isTest(module.file) || other === "kernel") return [];
    if (!(ARROWS[room] ?? []).includes(other)) {
      return [
        {
          rule: "arrow",
          ...at,
          message: `${room} may not import ${other}; see "The house" in ARCHITECTURE.md`,
        },
      ];
    }
    if (!found.typeOnly && TYPES_ONLY.some(([from, to]) => from === room && to === other)) {
      return [
        {
          rule: "types only",
          ...at,
          message: `${room} may take only types from ${other}; use "import type"`,
        },
      ];
    }
    return [];
  });
}

/** Files that load each other in a circle, once a circle. Lazy and type imports load nothing. */
function circles(modules: readonly Module[]): Violation[] {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const done = new Set<string>();
  const violations: Violation[] = [];
  const visit = (module: Module, trail: readonly string[]): void => {
    const start = trail.indexOf(module.file);
    if (start >= 0) {
      const circle = [...trail.slice(start), module.file].join(" -> ");
      violations.push({
        rule: "circle",
        file: module.file,
        line: 1,
        message: `${circle}; move what both need to a third file`,
      });
      return;
    }
    if (done.has(module.file)) return;
    for (const found of module.imports) {
      const target = targetOf(module, found);
      const next = target === undefined || found.typeOnly || found.lazy ? undefined : byFile.get(target);
      if (next !== undefined) visit(next, [...trail, module.file]);
    }
    done.add(module.file);
  };
  modules.forEach((module) => visit(module, []));
  return violations;
}

/** Source that no process loads, and test helpers that no test loads. */
function deadFiles(modules: readonly Module[]): Violation[] {
  const byFile = new Map(modules.map((module) => [module.file, module]));
  const reached = new Set<string>();
  const visit = (file: string): void => {
    const module = byFile.get(file);
    if (module === undefined || reached.has(file)) return;
    reached.add(file);
    for (const found of module.imports) {
      const target = targetOf(module, found);
      if (target !== undefined) visit(target);
    }
  };
  ENTRIES.forEach(visit);
  const shipped = new Set(reached);
  modules.filter((module) => module.file.endsWith(".test.ts")).forEach((module) => visit(module.file));
  return modules
    .filter(
      (module) =>
        module.file.startsWith("src/") && !(isTest(module.file) ? reached : shipped).has(module.file),
    )
    .map((module) => ({
      rule: "dead file",
      file: module.file,
      line: 1,
      message: isTest(module.file)
        ? "no test loads it; delete it"
        : `none of ${ENTRIES.join(", ")} loads it; delete it`,
    }));
}

function fileRules(module: Module): Violation[] {
  const lines = module.text.split("\n");
  const size: Violation[] =
    lines.length > MOST_LINES + 1 && !isTest(module.file)
      ? [
          {
            rule: "size",
            file: module.file,
            line: MOST_LINES,
            message: `${lines.length} lines; it is two files`,
          },
        ]
      : [];
  const state: Violation[] = isTest(module.file)
    ? []
    : module.mutableState.map((line) => ({
        rule: "state",
        file: module.file,
        line,
        message: "state at module level; pass it in, so that tests and commands can share the module",
      }));
  const marks: Violation[] = lines.flatMap((text, index) =>
    MARKS.some((mark) => mark.test(text))
      ? [
          {
            rule: "mark",
            file: module.file,
            line: index + 1,
            message: `unfinished or silenced: ${text.trim()}`,
          },
        ]
      : [],
  );
  return [...size, ...state, ...marks];
}

/** Every broken rule of the house. */
export function checkHouse(modules: readonly Module[]): Violation[] {
  return [
    ...modules.flatMap((module) => [...roomRules(module), ...fileRules(module)]),
    ...circles(modules),
    ...deadFiles(modules),
  ];
}
