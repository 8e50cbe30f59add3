import { hash } from "node:crypto";
import { lstat, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { AttributeSchema } from "../../engine/index.ts";
import { errorDiagnostic, isSystemError, writeFileAtomically } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import {
  identicalValues,
  isNull,
  isUnknown,
  nullValue,
  STRING,
  typeOf,
  unknownValue,
} from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute, textOf, withAttributes } from "../resource-provider.ts";
import type { ResourceType } from "../resource-provider.ts";

const DEFAULT_PERMISSION = "0777";
/** Exactly one of these says what is in the file. */
const CONTENT_ARGUMENTS = ["content", "sensitive_content", "content_base64", "source"] as const;
const PERMISSIONS = ["file_permission", "directory_permission"] as const;
const ARGUMENTS = ["filename", ...CONTENT_ARGUMENTS, ...PERMISSIONS] as const;

/** What is computed from the content, by attribute. */
const DIGESTS: Readonly<Record<string, (content: Uint8Array) => string>> = {
  id: (content) => hash("sha1", content, "hex"),
  content_md5: (content) => hash("md5", content, "hex"),
  content_sha1: (content) => hash("sha1", content, "hex"),
  content_sha256: (content) => hash("sha256", content, "hex"),
  content_base64sha256: (content) => hash("sha256", content, "base64"),
  content_sha512: (content) => hash("sha512", content, "hex"),
  content_base64sha512: (content) => hash("sha512", content, "base64"),
};

const optional = (description: string, more: Partial<AttributeSchema> = {}): AttributeSchema => ({
  type: STRING,
  use: "optional",
  description,
  ...more,
});
const digest = (description: string): AttributeSchema => ({ type: STRING, use: "computed", description });

const schema = {
  version: 0,
  block: {
    attributes: {
      filename: { type: STRING, use: "required", description: "Path of the file." },
      content: optional("The file's content, as UTF-8 text."),
      content_base64: optional("The file's content, in base64."),
      sensitive_content: optional("The file's content, not shown.", { sensitive: true, deprecated: true }),
      source: optional("Path of a file to copy."),
      file_permission: optional("Mode of the file, in octal, less the umask.", { use: "optional_computed" }),
      directory_permission: optional("Mode of directories that are made for it, less the umask.", {
        use: "optional_computed",
      }),
      id: digest("SHA-1 of the content."),
      content_md5: digest("MD5 of the content."),
      content_sha1: digest("SHA-1 of the content."),
      content_sha256: digest("SHA-256 of the content."),
      content_base64sha256: digest("SHA-256 of the content, in base64."),
      content_sha512: digest("SHA-512 of the content."),
      content_base64sha512: digest("SHA-512 of the content, in base64."),
    },
    blocks: {},
  },
} as const;

/**
 * `local_file`, after version 2.5 of hashicorp/local: every argument forces a replacement, and a file that is
 * gone or has another content is made anew. `directory` is where relative paths begin.
 */
export function localFile(directory: string): ResourceType {
  const locate = (file: string) => path.resolve(directory, file);
  return {
    schema,
    traits: { effect: "outside", recovery: "idempotent_key", transactional: false },
    validate,
    read: async ({ current, private: data }) => {
      const same = await holds(locate(textOf(current, "filename") ?? ""), textOf(current, "id"));
      return { state: same ? current : nullValue(typeOf(current)), private: data, diagnostics: [] };
    },
    plan: ({ prior, proposed, config, private: data }) => {
      if (isNull(proposed)) {
        return Promise.resolve({ planned: proposed, requiresReplace: [], private: data, diagnostics: [] });
      }
      const changes: Record<string, Value> = {};
      for (const name of PERMISSIONS) {
        // An argument that was taken away means the default again, not what it was.
        if (isNull(attribute(config, name))) changes[name] = DEFAULT_PERMISSION;
      }
      const wanted = withAttributes(proposed, changes);
      const changed = isNull(prior)
        ? []
        : ARGUMENTS.filter((name) => !identicalValues(attribute(prior, name), attribute(wanted, name)));
      const unknowns = Object.keys(DIGESTS).map((name) => [name, unknownValue(STRING, { notNull: true })]);
      return Promise.resolve({
        planned:
          isNull(prior) || changed.length > 0 ? withAttributes(wanted, Object.fromEntries(unknowns)) : wanted,
        requiresReplace: changed.map((name) => [{ kind: "attribute" as const, name }]),
        private: data,
        diagnostics: [],
      });
    },
    apply: async ({ prior, planned, private: data }) => {
      const failed = (state: Value, file: string, error: unknown) => {
        if (!isSystemError(error)) throw error;
        return { state, private: data, diagnostics: [fileProblem(file, error)] };
      };
      if (isNull(planned)) {
        const file = locate(textOf(prior, "filename") ?? "");
        try {
          await rm(file, { force: true });
        } catch (error) {
          return failed(prior, file, error);
        }
        return { state: planned, private: data, diagnostics: [] };
      }
      const file = locate(textOf(planned, "filename") ?? "");
      try {
        const content = await contentOf(planned, locate);
        const computed = Object.entries(DIGESTS).map(([name, compute]) => [name, compute(content)] as const);
        await place(file, content, planned);
        return {
          state: withAttributes(planned, Object.fromEntries(computed)),
          private: data,
          diagnostics: [],
        };
      } catch (error) {
        return failed(prior, file, error);
      }
    },
  };
}

function validate(config: Value): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const given = CONTENT_ARGUMENTS.filter((name) => !isNull(attribute(config, name)));
  const unsure = CONTENT_ARGUMENTS.some((name) => isUnknown(attribute(config, name)));
  if (given.length === 0 || (given.length > 1 && !unsure)) {
    const found = given.length === 0 ? "none of them is there" : `${given.join(" and ")} are there`;
    problems.push(
      errorDiagnostic(
        "Invalid Attribute Combination",
        `Exactly one of content, sensitive_content, content_base64 and source says what is in the file, and ${found}.`,
        given[1] === undefined ? {} : { attribute: given[1] },
      ),
    );
  }
  for (const name of PERMISSIONS) {
    const mode = textOf(config, name);
    if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode)) {
      problems.push(
        errorDiagnostic(
          "Invalid File Permission",
          `"${mode}" is no mode of 3 or 4 octal digits, such as "0644".`,
          {
            attribute: name,
          },
        ),
      );
    }
  }
  const encoded = textOf(config, "content_base64");
  if (encoded !== undefined && Buffer.from(encoded, "base64").toString("base64") !== encoded) {
    problems.push(
      errorDiagnostic("Invalid Base64", "The value of content_base64 is not base64.", {
        attribute: "content_base64",
      }),
    );
  }
  return problems;
}

async function holds(file: string, id: string | undefined): Promise<boolean> {
  try {
    return hash("sha1", await readFile(file), "hex") === id;
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR")) return false;
    throw error;
  }
}

async function contentOf(planned: Value, locate: (file: string) => string): Promise<Uint8Array> {
  const text = textOf(planned, "content") ?? textOf(planned, "sensitive_content");
  if (text !== undefined) return Buffer.from(text);
  const encoded = textOf(planned, "content_base64");
  if (encoded !== undefined) return Buffer.from(encoded, "base64");
  return await readFile(locate(textOf(planned, "source") ?? ""));
}

async function place(file: string, content: Uint8Array, planned: Value): Promise<void> {
  const mode = (name: string) => Number.parseInt(textOf(planned, name) ?? DEFAULT_PERMISSION, 8);
  await mkdir(path.dirname(file), { recursive: true, mode: mode("directory_permission") });
  const fileMode = mode("file_permission");
  if (await isSpecial(file)) await writeFile(file, content, { mode: fileMode });
  else await writeFileAtomically(file, content, fileMode);
}

/** A link, a pipe or a device is written through and not put aside. */
async function isSpecial(file: string): Promise<boolean> {
  try {
    return !(await lstat(file)).isFile();
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return false;
    throw error;
  }
}

function fileProblem(file: string, error: NodeJS.ErrnoException): Diagnostic {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    ENOENT: "there is no such file or directory",
    EISDIR: "a directory is in its place",
    EEXIST: "a file is in its place",
    ENOTDIR: "a part of the path is not a directory",
    ENOSPC: "the disk is full",
    EROFS: "the file system is read-only",
  };
  return errorDiagnostic(
    "File Operation Failed",
    `${error.path ?? file}: ${reasons[error.code ?? ""] ?? error.message}.`,
  );
}
