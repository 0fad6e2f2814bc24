// What tools really print, shortened, and what set-up makes of it: npm 11, and pip 23.0 (of Python 3.11.2) and 26.3.
import assert from "node:assert/strict";
import test from "node:test";
import { remedy } from "#setup/set-up-error.mjs";

const retrying =
  "WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection";
const none = `ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)
ERROR: No matching distribution found for six==1.17.0`;
const recovered = `${retrying} broken by 'ReadTimeoutError("HTTPSConnectionPool(host='h', port=443): Read timed out.")': /simple/a/
npm http fetch GET https://h/a attempt 1 failed with ECONNRESET
`;

/** What happens, what is printed then, and what set-up makes of it. */
const cases: [string, string, RegExp][] = [
  ["an old processor", "ended by SIGILL", /^this processor lacks instructions .* TRAINING_BACKEND to wasm/],

  // No network
  [
    "no network, old pip",
    `${retrying} broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f66>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/six/
${none}`,
    /^the package registry cannot be reached; check the network/,
  ],
  [
    "no network, new pip",
    `${retrying} broken by 'NameResolutionError("HTTPSConnection(host='h', port=443): Failed to resolve 'h' ([Errno -3] Temporary failure in name resolution)")': /simple/six/
${none}`,
    /^the package registry cannot be reached/,
  ],
  [
    "no network, npm",
    `npm error code EAI_AGAIN
npm error syscall getaddrinfo
npm error request to https://h/pure-rand failed, reason: getaddrinfo EAI_AGAIN h`,
    /^the package registry cannot be reached/,
  ],
  ["idle, npm", "npm error code EIDLETIMEOUT\nnpm error Idle timeout reached for host `h:443`", /cannot be reached/],
  [
    "no answer, npm",
    "npm error code FETCH_ERROR\nnpm error network timeout at: https://h/pure-rand",
    /cannot be reached/,
  ],
  [
    "a download that stalls, old pip",
    "pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='h', port=443): Read timed out.",
    /cannot be reached/,
  ],
  [
    "a download that breaks off, new pip",
    "error: incomplete-download\n\n× Download failed after 6 attempts because not enough bytes were received",
    /cannot be reached/,
  ],
  [
    "no connection for a file, new pip",
    "error: connection-failed\n\n× Failed to connect to h while fetching https://h/six-1.17.0-py2.py3-none-any.whl",
    /cannot be reached/,
  ],
  [
    "no connection for a file, old pip",
    "ERROR: Could not install packages due to an OSError: HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /six.whl (Caused by ProtocolError('Connection aborted.'))",
    /cannot be reached/,
  ],

  // Proxies
  [
    "a proxy that nothing listens at, pip",
    `${retrying} broken by 'ProxyError('Cannot connect to proxy.', NewConnectionError('[Errno 111] Connection refused'))': /simple/six/
${none}`,
    /cannot be reached; check the network and the proxy settings/,
  ],
  ["a proxy that nothing listens at, npm", "npm error code ECONNREFUSED", /check the network and the proxy settings/],
  [
    "a proxy that wants a password, pip",
    `${retrying} broken by 'OSError('Tunnel connection failed: 407 Proxy Authentication Required')': /simple/six/
${none}`,
    /^the proxy wants a user name and password/,
  ],
  [
    "a proxy that wants a password, npm",
    "npm error code E407\nnpm error 407 Proxy Authentication Required - GET https://h/pure-rand",
    /^the proxy wants a user name and password/,
  ],
  [
    "a proxy that refuses, pip",
    `${retrying} broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))': /simple/six/
${none}`,
    /^the proxy refuses to connect to the package registry \(403 Forbidden\)/,
  ],
  [
    "a proxy that refuses, npm",
    "npm error code E403\nnpm error 403 403 Forbidden",
    /or a proxy before it, refuses access/,
  ],
  [
    "a page that asks for a login, npm",
    `npm error code FETCH_ERROR
npm error invalid json response body at https://h/pure-rand reason: Unexpected token '<', "<html></html>" is not valid JSON`,
    /^what answers at https:\/\/h\/pure-rand is not a package registry/,
  ],

  // Registries
  ["401, npm", "npm error code E401\nnpm error Incorrect or missing password.", /refuses access \(status 401\).*login/],
  ["403 for a file, pip", "  ERROR: HTTP error 403 while getting https://h/six.whl", /refuses access \(status 403\)/],
  [
    "404, npm",
    "npm error code E404\nnpm error 404 Not Found - GET https://h/pure-rand",
    /registry in use lacks a package/,
  ],
  ["404 for a file, pip", "  ERROR: HTTP error 404 while getting https://h/six.whl", /registry in use lacks a package/],
  ["no such version, npm", "npm error code ETARGET\nnpm error notarget No matching version found", /lacks a package/],
  ["500, npm", "npm error code E503\nnpm error 503 Service Unavailable", /a fault of its own \(status 503\)/],
  [
    "500 for a file, pip",
    "(Caused by ResponseError('too many 500 error responses'))",
    /a fault of its own \(status 500\)/,
  ],
  [
    "401, 404 or 500 of the index, pip",
    none,
    /gives no file of six==1\.17\.0 for this Python: it lacks it, refuses it/,
  ],
  [
    "no such version, pip",
    `${recovered}ERROR: Could not find a version that satisfies the requirement six==99.0 (from versions: 1.5.0, 1.5.1)
ERROR: No matching distribution found for six==99.0`,
    /has other versions of six==99\.0 only/,
  ],
  ["not found after a lost connection, npm", `${recovered}npm error code E404`, /registry in use lacks a package/],

  // Packages
  [
    "a package for other Pythons",
    `${recovered}ERROR: Ignored the following versions that require a different python version: 4.1 Requires-Python >=3.11.5; 4.1.2 Requires-Python >=3.11.6; 4.1.3 Requires-Python >=3.12
ERROR: Could not find a version that satisfies the requirement soupsieve==4.1.2 (from versions: 0.4, 2.8.4)
ERROR: No matching distribution found for soupsieve==4.1.2`,
    /^the pinned soupsieve 4\.1\.2 needs Python >=3\.11\.6, which the Python here is not; put another Python first/,
  ],
  [
    "a version that is missing, beside others for other Pythons",
    `ERROR: Ignored the following versions that require a different python version: 4.1 Requires-Python >=3.11.5
ERROR: Could not find a version that satisfies the requirement soupsieve==9.9 (from versions: 0.4, 2.8.4)
ERROR: No matching distribution found for soupsieve==9.9`,
    /has other versions of soupsieve==9\.9 only/,
  ],
  [
    "a package that is not pinned",
    `ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:
    tzdata from https://h/tzdata-2026.6-py2.py3-none-any.whl (from python-dateutil==4.0.0->-r requirements.txt (line 1))`,
    /^requirements\.txt does not pin tzdata, which this Python needs/,
  ],
  [
    "a package without hash",
    `ERROR: Hashes are required in --require-hashes mode, but they are missing from some requirements. Here is a list (…)
    six==1.17.0 --hash=sha256:4721`,
    /^requirements\.txt does not pin six,/,
  ],
  [
    "an altered file, pip",
    `${recovered}ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.`,
    /^a download is not the file that the project pins/,
  ],
  ["an altered file, npm", "npm error code EINTEGRITY", /^a download is not the file that the project pins/],
  [
    "a package for other Nodes",
    `npm error code EBADENGINE
npm error engine Unsupported engine
npm error engine Not compatible with your version of node/npm: dep@1.0.0
npm error notsup Required: {"node":">=99"}`,
    /^npm is set to engine-strict, and dep@1\.0\.0 asks for \{"node":">=99"\}/,
  ],
  ["a lock that does not fit", "npm error code EUSAGE", /^package\.json and package-lock\.json do not agree/],
  [
    "a certificate that is not trusted, pip",
    `${retrying} broken by 'SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:992)'))': /simple/six/
${none}`,
    /^the package registry's certificate is not trusted/,
  ],
  [
    "a certificate that is not trusted, npm",
    "npm error code DEPTH_ZERO_SELF_SIGNED_CERT",
    /certificate is not trusted/,
  ],

  // This machine
  ["no space, pip", "[Errno 28] No space left on device: '/a' -> '/b'", /^the disk is full/],
  ["no space, npm", "npm error code ENOSPC", /^the disk is full/],
  [
    "no space, unpacking with npm",
    "npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write",
    /^the disk is full/,
  ],
  [
    "a folder of root's, npm",
    "npm error code EACCES\nnpm error syscall mkdir\nnpm error path /c/node_modules\nnpm error errno -13",
    /^\/c\/node_modules cannot be written; make it this user's/,
  ],
  [
    "a folder of root's, pip",
    "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/c/.venv/lib/six.py'\nCheck the permissions.",
    /^\/c\/\.venv\/lib\/six\.py cannot be written/,
  ],
  [
    "a folder of root's, Node",
    "Error: EACCES: permission denied, mkdir '/c/.cache'",
    /^\/c\/\.cache cannot be written/,
  ],
  ["a read-only disk", "Error: EROFS: read-only file system, mkdir '/c/x'", /^\/c\/x cannot be written/],
  [
    "a disk without programs",
    "Error: spawn /c/.venv/bin/python EACCES",
    /^\/c\/\.venv\/bin\/python may not be executed/,
  ],
  ["no memory, compiler", "virtual memory exhausted: Cannot allocate memory", /^the machine's memory ran out/],
  [
    "no memory, Node",
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    /memory ran out/,
  ],
  ["killed, compiler", "g++: fatal error: Killed signal terminated program cc1plus", /^it was killed.*memory/],
];
for (const [what, output, cure] of cases) test(`told: ${what}`, () => assert.match(remedy(output) ?? "nothing", cure));

test("a proxy that is set is named, without its password", (t) => {
  const { HTTPS_PROXY } = process.env;
  t.after(() => (HTTPS_PROXY === undefined ? delete process.env.HTTPS_PROXY : (process.env.HTTPS_PROXY = HTTPS_PROXY)));
  for (const [set, told] of [
    ["http://127.0.0.1:9", "http://127.0.0.1:9"],
    ["http://ada:secret@127.0.0.1:9", "http://127.0.0.1:9"],
    ["http://ada:se@cr$1et@127.0.0.1:9/", "http://127.0.0.1:9/"],
    ["ada:secret@127.0.0.1:9", "127.0.0.1:9"],
  ]) {
    process.env.HTTPS_PROXY = set;
    const cure = remedy("npm error code ECONNREFUSED") ?? "nothing";
    assert.ok(cure.includes("cannot be reached; check the network and the proxy settings ("), cure);
    assert.match(cure, /, and run the same command again$/);
    assert.ok(cure.includes(`HTTPS_PROXY is ${told}`) && !/ada|secret|se@/.test(cure), cure);
  }
});

test("what is not known is not guessed", () => {
  for (const output of ["", recovered, "error: something else", "two.ts(1,7): error TS2322"])
    assert.equal(remedy(output), undefined);
});
