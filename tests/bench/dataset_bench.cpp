// Seconds and memory of one document with a million rows: dataset_bench [ROWS] [MODEL FOLDER]. Prints one JSON object.
#include "core/base/json.h"
#include "core/store/dataset_store.h"
#include "tests/bench/many_rows.h"
#include "tests/support/temp_folder.h"

#include <chrono>
#include <cstdio>
#include <fstream>

using namespace attune;

namespace {

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Resident memory that no file backs, in MiB.
double memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 8, "RssAnon:") == 0) return std::stod(line.substr(8)) / 1024;
  }
  return 0;
}

} // namespace

int main(int count, char **words) {
  const int64_t rows = count > 1 ? std::stoll(words[1]) : 1000000;
  const test::TempFolder folder;
  const std::string path = folder.path() + "/rows.jsonl";
  bench::writeManyRows(path, rows);
  store::FolderDatasetStore store(folder.path() + "/work", std::make_shared<store::TokenizerCache>());
  Json result = {{"rows", rows}};
  double start = now();
  const auto lap = [&](const char *name) {
    result[name] = now() - start;
    start = now();
  };
  const double before = memory();
  const auto opened = store.open(path, {});
  if (!opened.ok()) return std::fprintf(stderr, "%s\n", opened.error().text().c_str()), 1;
  api::DatasetDocument &document = **opened;
  const api::RowOrder order = document.state().order;
  lap("open_s");
  result["open_mib"] = memory() - before;
  (void)document.glances(std::vector<api::RowId>(order->end() - std::min<int64_t>(rows, 100), order->end()));
  lap("hundred_glances_s");
  bool ok = true;
  for (int i = 0; i < 100; ++i) ok = ok && document.setField(order->back(), "messages[1].content", std::to_string(i), true).ok();
  lap("hundred_keystrokes_s");
  const auto find = [&](const char *name, const std::string &text, api::RowSort sort = api::RowSort::File) {
    api::DocumentQuery query;
    query.text = text;
    const auto found = document.find(query, sort, false, {}, {});
    ok = ok && found.ok();
    lap(name);
  };
  find("find_rare_word_s", "99999:");
  find("find_in_every_row_s", "umbrella");
  find("find_expression_s", "/umbrella.*afternoon/");
  find("sort_by_text_s", "", api::RowSort::Text);
  ok = ok && document.survey({}, {}, {}).ok();
  lap("judge_s");
  if (count > 2) {
    api::RunConfig lens;
    lens.model = words[2];
    ok = ok && document.survey(lens, {}, {}).ok();
    lap("tokenise_s");
  }
  result["surveyed_mib"] = memory() - before;
  start = now();
  ok = ok && document.replaceAll(*order, "umbrella", "hat", false, true, {}, {}).ok();
  lap("replace_all_s");
  ok = ok && document.undo().ok();
  lap("undo_replace_all_s");
  ok = ok && document.redo().ok();
  ok = ok && document.save(false)({}, {}).ok();
  lap("save_s");
  result["end_mib"] = memory() - before;
  std::printf("%s\n", dumpJson(result, -1).c_str());
  return ok ? 0 : 1;
}
