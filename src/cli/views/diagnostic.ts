import type { Diagnostic, Snippet } from "../../kernel/index.ts";
import { wrap } from "../flags/wrap.ts";
import type { Style } from "./style.ts";

/** Narrower than this, text is not wrapped any more. */
const LEAST_WIDTH = 20;

/** One diagnostic as Terraform shows it: a box edge, the snippet with its range underlined, values, remedy. */
export function renderDiagnostic(diagnostic: Diagnostic, style: Style, width: number): string {
  const colour = diagnostic.severity === "error" ? style.red : style.yellow;
  const severity = diagnostic.severity === "error" ? "Error: " : "Warning: ";
  const lines = [
    `${style.bold(colour(severity))}${style.bold(diagnostic.summary)}`,
    "",
    ...placeLines(diagnostic, style),
    ...paragraphs(diagnostic.detail, width - 2),
  ];
  if (diagnostic.remedy !== undefined && diagnostic.remedy !== "") {
    lines.push("", ...paragraphs(diagnostic.remedy, width - 2).map((line) => style.cyan(line)));
  }
  while (lines.at(-1) === "") lines.pop();
  const edge = colour("│");
  const body = lines.map((line) => (line === "" ? edge : `${edge} ${line}`));
  return [colour("╷"), ...body, colour("╵"), ""].join("\n");
}

function placeLines(diagnostic: Diagnostic, style: Style): string[] {
  const { subject, snippet, address } = diagnostic;
  if (subject === undefined) {
    return address === undefined ? [] : [`  with ${style.bold(address)}`, ""];
  }
  const lines: string[] = [];
  if (address !== undefined) lines.push(`  with ${style.bold(address)},`);
  const inside = snippet?.context === undefined ? "" : `, in ${snippet.context}`;
  lines.push(
    `  on ${subject.filename} line ${subject.start.line}${inside}${snippet === undefined ? "" : ":"}`,
  );
  if (snippet !== undefined) lines.push(...snippetLines(snippet, style), ...valueLines(snippet, style));
  lines.push("");
  return lines;
}

function snippetLines(snippet: Snippet, style: Style): string[] {
  let offset = 0;
  return snippet.code.split("\n").map((line, index) => {
    const start = clamp(snippet.highlightStart - offset, line.length);
    const end = clamp(snippet.highlightEnd - offset, line.length);
    offset += line.length + 1;
    const marked =
      end > start ? line.slice(0, start) + style.underline(line.slice(start, end)) + line.slice(end) : line;
    return `${String(snippet.startLine + index).padStart(4)}: ${marked}`;
  });
}

function clamp(offset: number, length: number): number {
  return Math.max(0, Math.min(offset, length));
}

function valueLines(snippet: Snippet, style: Style): string[] {
  if (snippet.values.length === 0) return [];
  return [
    style.dim("    ├────────────────"),
    ...snippet.values.map(
      (value) => `${style.dim("    │")} ${style.bold(value.traversal)} ${value.statement}`,
    ),
  ];
}

/** Wraps each paragraph; what is indented is preformatted and stays as it is. */
function paragraphs(text: string, width: number): string[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [""];
    if (/^\s/.test(line) || width < LEAST_WIDTH) return [line];
    return wrap(line, width);
  });
}
