#!/bin/sh
# Starts the kernel: start.sh CONNECTION_FILE
#
# Its standard output and error become pipes that the kernel reads, so that what child processes and native code write
# there appears in the notebook. The terminal stays behind as descriptors 3 and 4.
main="$(dirname "$0")/../dist/kernel/main.js"
node=${KERNEL_NODE:-node}
# The young generation's size differs from one Node to the next; main.ts takes it off the heap's limit.
flags="--no-force-async-hooks-checks --disable-warning=ExperimentalWarning --max-semi-space-size=16"
pipes=$(mktemp -d "${TMPDIR:-/tmp}/kernel.XXXXXX") && mkfifo -m 600 "$pipes/stdout" "$pipes/stderr" || exec "$node" $flags "$main" "$1"
exec "$node" $flags "$main" "$1" "$pipes" 3>&1 4>&2 1<>"$pipes/stdout" 2<>"$pipes/stderr"
