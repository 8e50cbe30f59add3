import type { AttributeSchema, AttributeUse, Schema } from "../../engine/index.ts";
import { listType, mapType, NUMBER, STRING } from "../../lang/index.ts";
import type { Type } from "../../lang/index.ts";

const of = (type: Type, use: AttributeUse, description: string): AttributeSchema => ({
  type,
  use,
  description,
});

export const IMAGE_SCHEMA: Schema = {
  version: 0,
  block: {
    description: "An immutable, content-addressed OCI image.",
    attributes: {
      name: of(STRING, "required", "Name of the image, in lower case."),
      base: of(STRING, "optional", "What it starts from: scratch, or another kiln_image's ref."),
      entrypoint: of(listType(STRING), "optional", "Program and first arguments of an instance."),
      command: of(listType(STRING), "optional", "Further arguments, which a fleet may replace."),
      env: of(mapType(STRING), "optional", "Environment of instances and of run steps."),
      workdir: of(STRING, "optional", "Absolute path in the image that instances start in."),
      labels: of(mapType(STRING), "optional", "Labels of the image."),
      digest: of(STRING, "computed", "Identity of the image: sha256 of its OCI configuration."),
      ref: of(STRING, "computed", "Name and digest, for a kiln_fleet's image."),
      size: of(NUMBER, "computed", "Bytes of its layers, uncompressed."),
    },
    blocks: {
      copy: {
        nesting: "list",
        block: {
          description: "Copies a file, or what a directory holds, into the image.",
          attributes: {
            source: of(
              STRING,
              "required",
              "Path on this machine; where it is relative, to the working directory.",
            ),
            target: of(STRING, "required", "Path in the image."),
          },
          blocks: {},
        },
      },
      run: {
        nesting: "list",
        block: {
          description:
            "Runs a shell command on this machine in what was copied; it is not sandboxed. Runs after all copies.",
          attributes: {
            command: of(STRING, "required", "What the shell is given."),
            workdir: of(STRING, "optional", "Path in the image; the image's workdir."),
            env: of(mapType(STRING), "optional", "Environment, on top of the image's."),
          },
          blocks: {},
        },
      },
    },
  },
};
