import type { Provider, ProviderSource } from "../engine/index.ts";
import { meetsConstraint } from "../config/index.ts";
import { errorDiagnostic } from "../kernel/index.ts";

const REGISTRY = "registry.terraform.io";

/** Finds providers among those that are built in. `kiln` and `terraform` need no `required_providers`. */
export function builtinProviders(providers: readonly Provider[]): ProviderSource {
  const bySource = new Map(providers.map((provider) => [provider.source, provider]));
  return {
    find: (source, constraint) => {
      const provider = bySource.get(source);
      if (provider === undefined) {
        const known = [...bySource.keys()].join(", ");
        return Promise.resolve({
          diagnostic: errorDiagnostic(
            "Provider not available",
            `The provider ${source} is not built in, and this version of Kiln runs no plugins. Built in are: ${known}.`,
          ),
        });
      }
      if (
        constraint !== undefined &&
        provider.version !== "" &&
        !meetsConstraint(provider.version, constraint)
      ) {
        return Promise.resolve({
          diagnostic: errorDiagnostic(
            "Provider version not available",
            `Built in is version ${provider.version} of ${source}, which does not meet the constraint "${constraint}".`,
            { remedy: `Loosen the constraint to include ${provider.version}.` },
          ),
        });
      }
      return Promise.resolve({ provider });
    },
    implied: (localName) => {
      if (localName === "terraform") return "terraform.io/builtin/terraform";
      return localName === "kiln" ? `${REGISTRY}/kiln/kiln` : `${REGISTRY}/hashicorp/${localName}`;
    },
  };
}
