/*
 * `.dockerignore` as Docker reads it: patterns of Go's filepath.Match for each component, `**` for any depth,
 * rooted at the context, the last match wins, `!` brings back.
 */

interface Pattern {
  readonly expression: RegExp;
  readonly brings: boolean;
  /** The pattern's components before the first with a wildcard: what it may match begins so. */
  readonly prefix: readonly string[];
}

/** Decides what of a context is left out. */
export interface IgnoreRules {
  /** Whether the path (with slashes, relative to the context) is left out itself, or by a directory above it. */
  ignores(path: string): boolean;
  /** Whether something below an ignored directory may be brought back, so that it has to be looked into. */
  mayBringBackBelow(directory: string): boolean;
}

/** Leaves nothing out. */
export const nothingIgnored: IgnoreRules = { ignores: () => false, mayBringBackBelow: () => false };

export type ParsedIgnore =
  | { readonly kind: "rules"; readonly rules: IgnoreRules }
  | { readonly kind: "invalid"; readonly pattern: string; readonly line: number };

/** Reads a `.dockerignore`. */
export function parseIgnore(text: string): ParsedIgnore {
  const patterns: Pattern[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (raw.startsWith("#")) continue;
    const trimmed = raw.trim();
    if (trimmed === "") continue;
    const brings = trimmed.startsWith("!");
    const glob = cleanPattern(brings ? trimmed.slice(1).trim() : trimmed);
    const expression = glob === undefined ? undefined : compile(glob);
    if (glob === undefined || expression === undefined) {
      return { kind: "invalid", pattern: trimmed, line: index + 1 };
    }
    patterns.push({ expression, brings, prefix: literalPrefix(glob) });
  }
  return { kind: "rules", rules: patterns.length === 0 ? nothingIgnored : rulesOf(patterns) };
}

function rulesOf(patterns: readonly Pattern[]): IgnoreRules {
  return {
    ignores: (path) => {
      const candidates = withParents(path);
      let ignored = false;
      for (const { expression, brings } of patterns) {
        if (brings === ignored && candidates.some((candidate) => expression.test(candidate)))
          ignored = !brings;
      }
      return ignored;
    },
    mayBringBackBelow: (directory) => {
      const components = directory.split("/");
      return patterns.some(
        ({ brings, prefix }) =>
          brings && prefix.every((part, index) => index >= components.length || components[index] === part),
      );
    },
  };
}

/** A pattern that matches a directory matches all below it. */
function withParents(path: string): string[] {
  const found = [path];
  for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
    found.push(path.slice(0, slash));
  }
  return found;
}

/** Go's filepath.Clean, and without the leading slash. Undefined for `!` alone. */
function cleanPattern(pattern: string): string | undefined {
  if (pattern === "") return undefined;
  const rooted = pattern.startsWith("/");
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!rooted) parts.push(part);
  }
  return parts.length === 0 ? "." : parts.join("/");
}

function literalPrefix(glob: string): string[] {
  const parts = glob.split("/");
  const wild = parts.findIndex((part) => /[*?[\\]/.test(part));
  return wild < 0 ? parts : parts.slice(0, wild);
}

/** The pattern as a regular expression; undefined where its syntax is wrong. */
function compile(glob: string): RegExp | undefined {
  const characters = Array.from(glob);
  let source = "";
  let index = 0;
  while (index < characters.length) {
    const character = characters[index] ?? "";
    if (character === "*" && characters[index + 1] === "*") {
      index += 2;
      if (characters[index] === "/") index++;
      source += index >= characters.length ? ".*" : "(?:.*/)?";
      continue;
    }
    if (character === "[") {
      const set = compileSet(characters, index);
      if (set === undefined) return undefined;
      source += set.source;
      index = set.next;
      continue;
    }
    if (character === "\\") {
      const escaped = characters[++index];
      if (escaped === undefined) return undefined;
      source += quote(escaped);
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else source += quote(character);
    index++;
  }
  return new RegExp(`^${source}$`, "su");
}

/** A set of characters, `[a-z]` or `[^a-z]`, from its opening bracket on. */
function compileSet(
  characters: readonly string[],
  start: number,
): { readonly source: string; readonly next: number } | undefined {
  let index = start + 1;
  const negated = characters[index] === "^";
  if (negated) index++;
  const member = (): string | undefined => {
    const character = characters[index];
    if (character === undefined || character === "-" || character === "]") return undefined;
    index += character === "\\" ? 2 : 1;
    return character === "\\" ? characters[index - 1] : character;
  };
  let set = "";
  while (characters[index] !== "]" || set === "") {
    const low = member();
    if (low === undefined) return undefined;
    let high = low;
    if (characters[index] === "-") {
      index++;
      const end = member();
      if (end === undefined || codePoint(end) < codePoint(low)) return undefined;
      high = end;
    }
    set += `${hexadecimal(low)}-${hexadecimal(high)}`;
  }
  return { source: negated ? `[^${set}]` : `[${set}]`, next: index + 1 };
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function hexadecimal(character: string): string {
  return `\\u{${codePoint(character).toString(16)}}`;
}

function quote(character: string): string {
  return /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
