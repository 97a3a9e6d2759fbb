#!/usr/bin/env bash
# Installs the Debian packages that are missing: as root by apt, else it prints the line to run and exits 1.
# usage: system-packages.sh COMMAND:PACKAGE...   (a package is missing where its command does not succeed)
set -euo pipefail
missing=()
for pair in "$@"; do
  command=${pair%:*} package=${pair##*:}
  if ! bash -c "$command" >/dev/null 2>&1; then missing+=("$package"); fi
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"
else
  echo "These system packages are missing. Run this, then try again:" >&2
  echo "  sudo apt-get install ${missing[*]}" >&2
  exit 1
fi
