import type { ConfigurationFiles, VariableInput } from "../../config/index.ts";
import type {
  Backend,
  EngineStore,
  GitPosition,
  LockHolder,
  ProviderSource,
  Surroundings,
} from "../../engine/index.ts";
import type { GenerationNumber, StoreId } from "../../kernel/index.ts";

/** A working directory with everything that its commands need; the composition root puts it together. */
export interface Workspace {
  /** Absolute path of the root module. */
  readonly directory: string;
  readonly files: ConfigurationFiles;
  /** Definitions files of the directory and `TF_VAR_` of the environment, in the order of their precedence. */
  inputs(): Promise<readonly VariableInput[]>;
  readonly backend: Backend;
  readonly store: EngineStore;
  /** What generations were made from, kept beside the store. */
  readonly snapshots: {
    read(generation: GenerationNumber): Promise<string | undefined>;
    write(generation: GenerationNumber, text: string): Promise<void>;
  };
  /** Every provider that there is, by source address: for the schemas of what a state holds. */
  readonly providers: ProviderSource;
  readonly surroundings: Surroundings;
  /** Login name and host. */
  readonly user: string;
  readonly host: string;
  /** The command line, for the lock and the history. */
  readonly command: string;
  readonly process: Pick<LockHolder, "pid" | "startTime">;
  /** Absent outside a git work tree. */
  git(): Promise<GitPosition | undefined>;
  /** The daemon's store, which decides applies with fleets. Starts the daemon where none runs. */
  daemonStore(): Promise<StoreId>;
  /** Releases everything; nothing is used afterwards. */
  close(): Promise<void>;
}
