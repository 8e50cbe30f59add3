import {
  DYNAMIC,
  listType,
  listValue,
  objectType,
  objectValue,
  stringValue,
  STRING,
} from "../values/index.ts";
import { argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { quoteText } from "./quote.ts";

interface Row {
  readonly line: number;
  readonly fields: readonly string[];
}

/** Reads the rows of RFC 4180, blank lines left out. */
function parseRows(source: string): readonly Row[] | FunctionProblem {
  const rows: Row[] = [];
  const text = source.replaceAll("\r\n", "\n");
  let at = 0;
  let line = 1;
  while (at < text.length) {
    if (text[at] === "\n") {
      at++;
      line++;
      continue;
    }
    const row = parseRow(text, at, line);
    if (row instanceof FunctionProblem) return row;
    rows.push({ line, fields: row.fields });
    line += text.slice(at, row.end).split("\n").length - 1;
    at = row.end;
  }
  return rows;
}

const QUOTED = /"((?:[^"]|"")*)"(?=[,\n]|$)/y;
const PLAIN = /[^,\n]*/y;

function parseRow(
  text: string,
  start: number,
  line: number,
): { fields: string[]; end: number } | FunctionProblem {
  const fields: string[] = [];
  let at = start;
  for (;;) {
    const pattern = text[at] === '"' ? QUOTED : PLAIN;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return csvProblem(line, 'extraneous or missing " in quoted-field');
    const [whole, quoted] = match;
    if (quoted === undefined && whole.includes('"')) return csvProblem(line, 'bare " in non-quoted-field');
    fields.push(quoted === undefined ? whole : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (text[at++] !== ",") return { fields, end: at };
  }
}

function csvProblem(line: number, what: string): FunctionProblem {
  return new FunctionProblem(`CSV parse error on line ${line}: ${what}`);
}

/** The header's names, which must be different. */
function headerOf(source: string): readonly string[] | FunctionProblem {
  const rows = parseRows(source);
  if (rows instanceof FunctionProblem) return rows;
  const names = rows[0]?.fields.map(stringValue);
  if (names === undefined) return new FunctionProblem("missing header line");
  const repeated = names.find((name, at) => names.indexOf(name) !== at);
  return repeated === undefined ? names : new FunctionProblem(`duplicate column name ${quoteText(repeated)}`);
}

const csvdecode: FunctionDefinition = {
  name: "csvdecode",
  parameters: [stringParameter("str")],
  resultType: (args) => {
    const source = argument(args, 0);
    if (typeof source !== "string") return DYNAMIC;
    const names = headerOf(source);
    return names instanceof FunctionProblem
      ? names
      : listType(objectType(names.map((name) => [name, STRING] as const)));
  },
  call: (args, _context, type) => {
    const rows = parseRows(textOf(args, 0));
    if (rows instanceof FunctionProblem) return rows;
    const [header, ...others] = rows;
    const names = header?.fields ?? [];
    const wrong = others.find((row) => row.fields.length !== names.length);
    if (wrong !== undefined) return csvProblem(wrong.line, "wrong number of fields");
    const items = others.map((row) =>
      objectValue(names.map((name, at) => [stringValue(name), stringValue(row.fields[at] ?? "")] as const)),
    );
    return listValue(type.kind === "list" ? type.element : DYNAMIC, items);
  },
};

/** Functions on tables. */
export const TABLE_FUNCTIONS: readonly FunctionDefinition[] = [csvdecode];
