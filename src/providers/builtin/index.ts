import type { Provider } from "../../engine/index.ts";
import type { Random } from "../../kernel/index.ts";
import { resourceProvider } from "../resource-provider.ts";
import { localFile } from "./local-file.ts";
import { terraformData } from "./terraform-data.ts";

/** Part of the language itself: no version of its own. */
export function terraformProvider(random: Random): Provider {
  return resourceProvider({
    source: "terraform.io/builtin/terraform",
    version: "",
    types: { terraform_data: terraformData(random) },
  });
}

/** Answers as the version of hashicorp/local that it follows. `directory` is where relative paths begin. */
export function localProvider(directory: string): Provider {
  return resourceProvider({
    source: "registry.terraform.io/hashicorp/local",
    version: "2.5.3",
    types: { local_file: localFile(directory) },
  });
}
