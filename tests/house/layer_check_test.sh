#!/bin/sh
# The layer check accepts what the layers allow and names file and line of what they forbid. Run from the root.
set -eu
check=$(pwd)/cmake/layer_check.awk
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p core/base core/api core/io core/nn ui app/cli/verbs app/cli/engine
failed=0
expect() { # expect pass|fail FILE TEXT
  printf '%b' "$3" >"$2"
  if awk -f "$check" "$2" >log; then result=pass; else result=fail; fi
  if [ $result != "$1" ]; then echo "wanted $1: $2: $3"; cat log; failed=1; fi
  if [ "$1" = fail ] && ! grep -q "^$2:[0-9]*:" log; then echo "no file and line: $2: $3"; failed=1; fi
}
expect pass core/io/a.cpp '#include "core/base/result.h"\n#include <nlohmann/json.hpp>\n'
expect fail core/io/a.cpp '#include "core/nn/tensor.h"\n'
expect fail core/io/a.cpp '#include <ATen/core/Tensor.h>\n'
expect pass core/nn/a.cpp '#include <ATen/core/Tensor.h>\n#include "core/io/model_config.h"\n'
expect fail core/nn/a.cpp '#include <QString>\n'
expect fail core/api/a.h '#include "core/base/json.h"\n'
expect pass core/api/a.cpp '#include "core/base/json.h"\n'
expect fail core/base/a.cpp '#include "core/api/run_config.h"\n'
expect fail core/base/a.cpp '#include "result.h"\n'
expect fail core/nn/a.cpp '#include <span>\n'
expect fail ui/a.cpp '#include "core/train/trainer.h"\n'
expect fail app/cli/verbs/a.cpp '#include "core/train/trainer.h"\n'
expect pass app/cli/engine/a.cpp '#include "core/train/trainer.h"\n#include <CLI/CLI.hpp>\n'
expect fail core/io/long.cpp "$(awk 'BEGIN { for (i = 0; i < 601; ++i) printf "//\\n" }')"
expect pass core/io/long.cpp "$(awk 'BEGIN { for (i = 0; i < 600; ++i) printf "//\\n" }')"
exit $failed
