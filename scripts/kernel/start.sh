#!/bin/sh
# Starts the kernel: start.sh NODE … CONNECTION_FILE
#
# Its standard output and error become pipes that the kernel reads, so that what child processes and native code write
# there appears in the notebook. The terminal stays behind as descriptors 3 and 4.
if [ ! -x "$1" ]; then # removed since set-up, as by an upgrade
  shift
  set -- node "$@"
fi
pipes=$(mktemp -d "${TMPDIR:-/tmp}/kernel.XXXXXX") && mkfifo -m 600 "$pipes/stdout" "$pipes/stderr" || exec "$@"
exec "$@" "$pipes" 3>&1 4>&2 1<>"$pipes/stdout" 2<>"$pipes/stderr"
