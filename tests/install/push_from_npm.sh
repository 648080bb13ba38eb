#!/bin/sh
# Installs graph8-crm from a folder of packed packages, with the addon of this platform, and pushes 200 records.
# The packages of the other platforms are left out: npm would ask the registry for them.
set -eu
packages=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
libc=$(node -p "process.platform !== 'linux' ? '' : process.report.getReport().header.glibcVersionRuntime ? '-gnu' : '-musl'")
abi=$(node -p "process.platform === 'win32' ? '-msvc' : '$libc'")
platform=$(node -p "process.platform + '-' + process.arch")$abi

cd "$(mktemp -d)"
echo '{ "name": "empty", "version": "1.0.0", "private": true }' >package.json
npm install --silent --offline --ignore-scripts --no-audit --no-fund \
    "$packages"/graph8-crm-[0-9]*.tgz "$packages/graph8-crm-$platform"-[0-9]*.tgz
cp "$here/push_200.mjs" .
node push_200.mjs
