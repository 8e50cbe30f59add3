/** A JSON number that no JavaScript number holds as it was written. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }

  get kind(): "number" {
    return "number";
  }
}

/** JSON whose numbers keep all digits. Objects that were parsed have no prototype. */
export type Json =
  | null
  | boolean
  | string
  | number
  | JsonNumber
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Where and why a text is no JSON. */
export interface JsonProblem {
  /** The end of a sentence, without full stop. */
  readonly problem: string;
  /** UTF-16 offset into the text. */
  readonly offset: number;
}

/** Deepest nesting that is read. */
const DEEPEST = 1_000;

/** Parses JSON; of a repeated key the last counts. Numbers that are no safe integers become `JsonNumber`. */
export function parseJsonLossless(source: string): { readonly json: Json } | JsonProblem {
  const parser = new Parser(source);
  const json = parser.document();
  return parser.failed ?? { json };
}

class Parser {
  private readonly source: string;
  private at = 0;
  failed: JsonProblem | undefined;

  constructor(source: string) {
    this.source = source;
  }

  document(): Json {
    const json = this.value(0);
    this.space();
    if (this.at < this.source.length) this.unexpected("after top-level value");
    return json;
  }

  private unexpected(where: string): null {
    const found = this.source.codePointAt(this.at);
    this.failed ??= {
      problem:
        found === undefined
          ? "unexpected end of JSON input"
          : `invalid character ${quoteCharacter(String.fromCodePoint(found))} ${where}`,
      offset: this.at,
    };
    return null;
  }

  private space(): void {
    while (/[ \t\r\n]/.test(this.source.charAt(this.at))) this.at++;
  }

  private value(depth: number): Json {
    this.space();
    if (this.failed !== undefined) return null;
    if (depth > DEEPEST) {
      this.failed = { problem: "exceeded max depth", offset: this.at };
      return null;
    }
    switch (this.source.charAt(this.at)) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private word(text: string, value: boolean | null): Json {
    for (const [index, letter] of Array.from(text).entries()) {
      if (this.source.charAt(this.at) !== letter) {
        return this.unexpected(
          index === 0
            ? "looking for beginning of value"
            : `in literal ${text} (expecting ${quoteCharacter(letter)})`,
        );
      }
      this.at++;
    }
    return value;
  }

  private number(): Json {
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.source)?.[0];
    if (text === undefined) {
      if (this.source.charAt(this.at) !== "-") return this.unexpected("looking for beginning of value");
      this.at++;
      return this.unexpected("in numeric literal");
    }
    this.at += text.length;
    const number = Number(text);
    return String(number) === text && Number.isSafeInteger(number) ? number : new JsonNumber(text);
  }

  private string(): string {
    const start = this.at++;
    for (;;) {
      const code = this.source.charCodeAt(this.at);
      if (Number.isNaN(code)) {
        this.unexpected("");
        return "";
      }
      if (code < 0x20) {
        this.unexpected("in string literal");
        return "";
      }
      this.at++;
      if (code === 0x22) return unquote(this.source.slice(start, this.at));
      if (code === 0x5c && !this.escape()) return "";
    }
  }

  private escape(): boolean {
    const letter = this.source.charAt(this.at);
    if (letter === "u") {
      this.at++;
      for (let digit = 0; digit < 4; digit++, this.at++) {
        if (/[0-9a-fA-F]/.test(this.source.charAt(this.at))) continue;
        this.unexpected("in \\u hexadecimal character escape");
        return false;
      }
      return true;
    }
    if (letter === "" || !'"\\/bfnrt'.includes(letter)) {
      this.unexpected("in string escape code");
      return false;
    }
    this.at++;
    return true;
  }

  private array(depth: number): Json {
    const items: Json[] = [];
    this.at++;
    this.space();
    if (this.source.charAt(this.at) === "]") {
      this.at++;
      return items;
    }
    for (;;) {
      items.push(this.value(depth + 1));
      this.space();
      if (this.failed !== undefined) return null;
      const next = this.source.charAt(this.at);
      if (next !== "," && next !== "]") return this.unexpected("after array element");
      this.at++;
      if (next === "]") return items;
    }
  }

  private object(depth: number): Json {
    const entries = new Map<string, Json>();
    this.at++;
    this.space();
    if (this.source.charAt(this.at) === "}") {
      this.at++;
      return plainObject(entries);
    }
    for (;;) {
      this.space();
      if (this.source.charAt(this.at) !== '"') {
        return this.unexpected("looking for beginning of object key string");
      }
      const key = this.string();
      this.space();
      if (this.failed !== undefined) return null;
      if (this.source.charAt(this.at) !== ":") return this.unexpected("after object key");
      this.at++;
      entries.set(key, this.value(depth + 1));
      this.space();
      if (this.failed !== undefined) return null;
      const next = this.source.charAt(this.at);
      if (next !== "," && next !== "}") return this.unexpected("after object key:value pair");
      this.at++;
      if (next === "}") return plainObject(entries);
    }
  }
}

/** An object without prototype, so that no key means anything special. */
export function plainObject(entries: Iterable<readonly [string, Json]>): { readonly [key: string]: Json } {
  const made: Record<string, Json> = { __proto__: null } as never;
  for (const [key, value] of entries) made[key] = value;
  return made;
}

function unquote(quoted: string): string {
  const text: unknown = JSON.parse(quoted);
  return typeof text === "string" ? text.toWellFormed() : "";
}

function quoteCharacter(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}

const ESCAPED = /[<>&\u2028\u2029\u007f]/g;

/** A JSON string as the language's encoder writes it: `<`, `>`, `&` and the line separators escaped, too. */
export function quoteJson(text: string): string {
  return JSON.stringify(text).replace(ESCAPED, (found) =>
    found === "\u007f" ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Prints JSON with all digits, in one line or with this indentation a level. */
export function printJson(json: Json, indentation = ""): string {
  return print(json, indentation, "");
}

function print(json: Json, step: string, margin: string): string {
  if (json === null || typeof json === "boolean") return String(json);
  if (typeof json === "number") return Object.is(json, -0) ? "-0" : JSON.stringify(json);
  if (typeof json === "string") return quoteJson(json);
  if (json instanceof JsonNumber) return json.text;
  const inner = margin + step;
  const [open, close] = Array.isArray(json) ? ["[", "]"] : ["{", "}"];
  const colon = step === "" ? ":" : ": ";
  const parts = isArray(json)
    ? json.map((item) => print(item, step, inner))
    : Object.entries(json).map(([key, item]) => quoteJson(key) + colon + print(item, step, inner));
  if (parts.length === 0) return open + close;
  return step === ""
    ? open + parts.join(",") + close
    : `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${margin}${close}`;
}

function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}
