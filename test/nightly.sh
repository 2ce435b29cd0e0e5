#!/usr/bin/env bash
# The long forms of what CI runs short. Settings of the environment go before those written here.
set -euo pipefail
cd "$(dirname "$0")/.."

export REQUIRE_ENGINES=1
export PATH="$PATH:/usr/sbin"
export KILLS="${KILLS:-200}"
export EXTERNAL_KILLS="${EXTERNAL_KILLS:-50}"
export HISTORIES="${HISTORIES:-100000}"
export STREAMS="${STREAMS:-100}"
export SOAK_S="${SOAK_S:-900}"
export OUTAGE_S="${OUTAGE_S:-600}"
export FUZZ="${FUZZ:-100000}"
export PACKETS="${PACKETS:-100000}"
export MODEL_RUNS="${MODEL_RUNS:-300}"
export ESTATES="${ESTATES:-8}"
export CUTS="${CUTS:-400}"
export CUT_STEP="${CUT_STEP:-5}"
export ATTACK_S="${ATTACK_S:-60}"

failed=()
# What fails does not keep the rest from being run.
run() { npx vitest run --config test/vitest.config.ts "$@" || failed+=("$*"); }

run test/faults
run test/domain/histories.test.ts test/ledger/streams.test.ts
run test/timeseries test/journal test/intake
SEED="${SEED:-$RANDOM}" run test/ledger/estates.test.ts test/timeseries/model.test.ts test/journal/model.test.ts
SEED="${SEED:-$RANDOM}" run test/http/fuzz test/intake/fuzz.test.ts
LEAKS=every run test/access/leaks.test.ts
run test/access/attack.test.ts

if ((${#failed[@]})); then
  printf 'failed: %s\n' "${failed[@]}"
  exit 1
fi
