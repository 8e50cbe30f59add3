/** What a command on the machine sees of the outer environment; the network's settings do not change what it makes. */
const PASSED = [
  "PATH",
  "HOME",
  "LANG",
  "TZ",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
] as const;

/** The part of the machine's environment that a `run` step sees. */
export function machineEnvironment(
  outer: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const passed: Record<string, string> = {};
  for (const name of PASSED) {
    const value = outer[name];
    if (value !== undefined) passed[name] = name === "PATH" ? withoutNpm(value) : value;
  }
  return passed;
}

/** What npm puts before PATH while it runs Kiln is Kiln's, and no program of the machine. */
function withoutNpm(searchPath: string): string {
  return searchPath
    .split(":")
    .filter((entry) => !/(?:^|\/)node_modules(?:\/|$)/.test(entry))
    .join(":");
}
