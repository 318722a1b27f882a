# Reads every source file and refuses what the layers forbid (ARCHITECTURE.md). One line a mistake; exit 1 on any.
# usage: awk -f cmake/layer_check.awk FILE...

function refuse(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; failed = 1 }

function layerOf(path) {
  if (path ~ /^core\/base\//) return "base"
  if (path ~ /^core\/api\//) return "api"
  if (path ~ /^core\/(io|tokenizer|data|store|model\/families)\//) return "text"
  if (path ~ /^core\//) return "core"
  if (path ~ /^remote\//) return "remote"
  if (path ~ /^ui\//) return "ui"
  if (path ~ /^app\/module\//) return "module"
  if (path ~ /^app\/cli\/engine\//) return "engine"
  if (path ~ /^app\/cli\//) return "cli"
  if (path ~ /^app\/gui\//) return "gui"
  if (path ~ /^tests\//) return "tests"
  return ""
}

BEGIN {
  # layer -> the layers it may include
  may["base"] = " base "
  may["api"] = " base api "
  may["text"] = " base api text "
  may["core"] = " base api text core "
  may["remote"] = " base api remote "
  may["ui"] = " base api ui "
  may["module"] = " base module "
  may["cli"] = " base api text remote module cli "          # the executable links no libtorch
  may["engine"] = " base api text core cli engine "
  may["gui"] = " base api text remote module ui gui " # as the cli: libtorch comes with the module
  # layer -> the libraries it may see (nothing named here is free for all)
  third["torch"] = " core engine tests "
  third["qt"] = " ui gui tests "
  third["ssh"] = " remote tests "
  third["cli11"] = " cli engine "
  third["pcre2"] = " text "
}

FNR == 1 {
  layer = layerOf(FILENAME)
  if (layer == "") refuse("the layer check knows no such folder")
}

FNR == 601 { refuse("longer than 600 lines: split it by idea") }

/^[ \t]*#[ \t]*include[ \t]*"/ {
  path = $0; sub(/^[^"]*"/, "", path); sub(/".*/, "", path)
  if (path ~ /\.moc$/) next # made by the build
  other = layerOf(path)
  if (other == "") refuse("includes \"" path "\": write the path from the root of the tree")
  else if (layer != "tests" && index(may[layer], " " other " ") == 0)
    refuse("the layer " layer " must not include the layer " other " (" path ")")
  if (layer == "api" && FILENAME ~ /\.h$/ && path == "core/base/json.h") refuse("headers of core/api must not show JSON types")
}

/^[ \t]*#[ \t]*include[ \t]*</ {
  path = $0; sub(/^[^<]*</, "", path); sub(/>.*/, "", path)
  library = ""
  if (path ~ /^(torch|ATen|c10|caffe2)\//) library = "torch"
  else if (path ~ /^(Qt|Q[A-Z])/) library = "qt"
  else if (path ~ /^libssh/) library = "ssh"
  else if (path ~ /^CLI\//) library = "cli11"
  else if (path ~ /^pcre2/) library = "pcre2"
  else if (path ~ /^nlohmann\// && layer == "api" && FILENAME ~ /\.h$/) refuse("headers of core/api must not show JSON types")
  else if (path ~ /^(span|stop_token|format|ranges|concepts)$/ && layer != "ui" && layer != "gui")
    refuse("<" path "> is not in C++17, which this layer keeps to")
  if (library != "" && index(third[library], " " layer " ") == 0)
    refuse("the layer " layer " must not see " library " (<" path ">)")
}

END { exit failed }
