#!/usr/bin/env bash
# Makes an nkey a user of nats.conf with `nk` (go install github.com/nats-io/nkeys/nk@latest): seeds in keys/*.nk, public keys in keys/users.conf.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p keys
for user in admin fetcher parser indexer publisher_rasc; do
  [ -s "keys/$user.nk" ] || nk -gen user > "keys/$user.nk"
  printf '%s = %s\n' "$(tr a-z A-Z <<<"$user")" "$(nk -inkey "keys/$user.nk" -pubout)"
done > keys/users.conf
echo "wrote $PWD/keys/users.conf"
