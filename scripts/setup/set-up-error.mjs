// @ts-check

/** Set-up cannot go on. The message is one sentence that says what is wrong and what to do about it. */
export class SetUpError extends Error {
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

/** What tools print when the cause lies outside the project, and what helps. @type {[RegExp, string][]} */
const cures = [
  [
    /code EUSAGE/,
    "package.json and package-lock.json do not agree; bring them together with npm install --ignore-scripts",
  ],
  [/ENOSPC|No space left on device/i, "the disk is full; free some space and run the same command again"],
  [
    /DO NOT MATCH THE HASHES|EINTEGRITY|integrity checksum failed/,
    "a download is not the file that the project pins (its checksum differs), so it was not used; " +
      "run the same command again, and if it fails again, something between here and the package registry alters files",
  ],
  [
    /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF/,
    "the package registry's certificate is not trusted; " +
      "give pip and Node your network's certificates (PIP_CERT and NODE_EXTRA_CA_CERTS) and run the same command again",
  ],
  [
    /E(CONNREFUSED|NOTFOUND|AI_AGAIN|TIMEDOUT|CONNRESET|NETUNREACH|HOSTUNREACH)|connection (broken|error)|timed out/,
    "the package registry cannot be reached; check the network and the proxy settings, and run the same command again",
  ],
  [
    /No matching distribution found|code ETARGET|code E404/,
    "the package registry in use lacks a package that the project pins; " +
      "check which registry npm and pip are set to, and run the same command again",
  ],
];

/**
 * @param {string} output  what npm, pip, the compiler, tar or the file system said
 * @returns {string | undefined} what went wrong and what to do about it, where that is known
 */
export function remedy(output) {
  const [, cure] = cures.find(([sign]) => sign.test(output)) ?? [];
  return cure;
}
