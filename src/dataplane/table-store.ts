import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { errorDiagnostic, isSystemError, writeFileAtomically } from "../kernel/index.ts";
import type { Diagnostic, Logger } from "../kernel/index.ts";
import { parseObject, parseTable } from "../traffic/index.ts";
import type { RouteTable } from "../traffic/index.ts";
import type { TableStore } from "./switch.ts";

const SCHEMA = 1;

/** The table in force as a file in the proxy's directory. */
export class TableFile implements TableStore {
  private readonly file: string;

  constructor(directory: string) {
    this.file = path.join(directory, "table.json");
  }

  async save(table: RouteTable): Promise<Diagnostic | undefined> {
    try {
      await mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
      await writeFileAtomically(this.file, `${JSON.stringify({ schema: SCHEMA, table })}\n`, 0o600);
      return undefined;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return errorDiagnostic(
        "The route table cannot be saved",
        `Writing ${this.file} failed: ${error.message}. The table before it stays in force.`,
        { remedy: `Make room on the disk, or make ${path.dirname(this.file)} writable.` },
      );
    }
  }

  /** The table that was saved last; undefined where there is none that can be used, and the log says why. */
  async load(logger: Logger): Promise<RouteTable | undefined> {
    let text: string;
    try {
      text = await readFile(this.file, "utf8");
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
    const content = parseObject(text);
    const table = content?.["schema"] === SCHEMA ? parseTable(content["table"]) : undefined;
    if (table === undefined) {
      logger.error("the saved route table cannot be used; waiting for the daemon's", { file: this.file });
    }
    return table;
  }
}
