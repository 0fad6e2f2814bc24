/** Set-up cannot continue. The message is one sentence that says what is wrong and what to do about it. */
export class SetUpError extends Error {
  /** @override */
  name = "SetUpError";

  /**
   * @param {string} message
   * @param {string} [details]  the last lines that a tool printed
   */
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}

/**
 * Known error messages of tools, and the remedies; "$1" stands for the pattern's first group. The first match counts:
 * messages about a package or file come before those about the network, because tools also report attempts that failed
 * before another succeeded.
 * @type {[RegExp, string][]}
 */
const cures = [
  [
    /code EUSAGE/,
    "package.json and package-lock.json do not agree; bring them together with npm install --ignore-scripts",
  ],
  [/spawn (\S+) EACCES/, "$1 may not be executed; if its disk is mounted with noexec, clone the project elsewhere"],
  [
    /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i,
    "the disk is full; free some space and run the same command again",
  ],
  [
    /ENOMEM|MemoryError|Cannot allocate memory|out of memory/,
    "the machine's memory ran out; close other programs or use a machine with more, and run the same command again",
  ],
  [
    /ended by SIGILL/,
    "this processor lacks instructions that TensorFlow is compiled for; set TRAINING_BACKEND to wasm to train without it",
  ],
  [
    /ended by SIGKILL|exit code 137|Killed signal terminated/,
    "it was killed, as Linux does when the memory runs out (dmesg tells); " +
      "close other programs or use a machine with more memory, and run the same command again",
  ],
  [
    /DO NOT MATCH THE HASHES|code EINTEGRITY|integrity checksum failed/,
    "a download is not the file that the project pins (its checksum differs), so it was not used; " +
      "run the same command again, and if it fails again, something between here and the package registry alters files",
  ],
  [
    /--require-hashes mode, (?:all requirements must have|but they are missing)[^\n]*\n\s+([\w.-]+)/,
    "requirements.txt does not pin $1, which this Python needs; make it again as requirements.in says",
  ],
  [
    /different python version: (?:[^\n]*; )?(\S+) Requires-Python ([^;\n]+)[^]*?the requirement (\S+)==\1 /,
    "the pinned $3 $1 needs Python $2, which the Python here is not; put another Python first on the PATH " +
      "and run the same command again, or make requirements.txt again as requirements.in says",
  ],
  [
    /code EBADENGINE[^]*?version of node\/npm: (\S+)\n[^]*?Required: +(\{.*\})/,
    "npm is set to engine-strict, and $1 asks for $2; use such a version, or unset engine-strict, " +
      "and run the same command again",
  ],
  [
    /(?:code EACCES[^]*?npm \S+ path |(?:Permission denied|Read-only.*): '|E(?:ACCES|ROFS): [^\n']*')([^'\n]+)/,
    "$1 cannot be written; make it this user's (it may have been made as root) and run the same command again",
  ],
  [
    /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|CERT_HAS_EXPIRED|ERR_TLS_CERT/,
    "the package registry's certificate is not trusted; " +
      "give pip and Node your network's certificates (PIP_CERT and NODE_EXTRA_CA_CERTS) and run the same command again",
  ],
  [
    /Tunnel connection failed: 407|code E407|HTTP error 407/,
    "the proxy wants a user name and password; " +
      "put them into HTTPS_PROXY (http://user:password@proxy:port) and run the same command again",
  ],
  [
    /Tunnel connection failed: (\d+ [\w ]+)/,
    "the proxy refuses to connect to the package registry ($1); " +
      "check HTTPS_PROXY and NO_PROXY, and run the same command again",
  ],
  [
    /(?:code E|HTTP error )(401|403)/,
    "the package registry, or a proxy before it, refuses access (status $1); " +
      "check which registry npm and pip are set to and your login there, and run the same command again",
  ],
  [
    /(?:code E|too many )(5\d\d)/,
    "the package registry has a fault of its own (status $1); wait a while and run the same command again",
  ],
  [
    /the requirement (\S+) \(from versions: \d/,
    "the package registry that pip uses has other versions of $1 only, or has it only for other Pythons or machines; " +
      "check which registry pip is set to, and run the same command again",
  ],
  [
    /code E(CONNREFUSED|NOTFOUND|AI_AGAIN|TIMEDOUT|CONNRESET|NETUNREACH|HOSTUNREACH|IDLETIMEOUT)|network timeout at/,
    "the package registry cannot be reached; check the network and $proxy, and run the same command again",
  ],
  [
    /connection broken by[^]*versions: none|Max retries exceeded|error: (connection-|incomplete-)|urllib3\.exceptions/,
    "the package registry cannot be reached; check the network and $proxy, and run the same command again",
  ],
  [
    /invalid json response body at (\S+)/,
    "what answers at $1 is not a package registry (the network may want a login first); " +
      "check the network and which registry npm is set to, and run the same command again",
  ],
  [
    // pip says no more, whether the index answers 401, 404 or 500, or has no file for this Python.
    /the requirement (\S+) \(from versions: none/,
    "the package registry that pip uses gives no file of $1 for this Python: it lacks it, refuses it or is at fault; " +
      "check which registry pip is set to and your login there, and run the same command again",
  ],
  [
    /code ETARGET|code E404|HTTP error 404/,
    "the package registry in use lacks a package that the project pins; " +
      "check which registry npm and pip are set to, and run the same command again",
  ],
];

/**
 * @param {string} output  what npm, pip, the compiler, tar or the file system said
 * @returns {string | undefined} what went wrong and what to do about it, where that is known
 */
export function remedy(output) {
  for (const [sign, cure] of cures) {
    const match = output.match(sign);
    if (match) return cure.replace(/\$(\d)/g, (_, group) => match[group]).replace("$proxy", proxySettings);
  }
}

/** What there is to check of a proxy: those that are set, without user and password, which may hold an @ themselves. */
function proxySettings() {
  const set = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
    .filter((name) => process.env[name])
    .map((name) => `${name} is ${process.env[name]?.replace(/(^|\/\/)[^/]*@/, "$1")}`);
  return `the proxy settings${set.length > 0 ? ` (${set.join(", ")})` : ""}`;
}
