// Dataset files of every layout from arbitrary bytes: indexing, parsing and the record schemas.
#include "core/data/record.h"
#include "core/data/row_source.h"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace attune;
  if (size == 0) return 0;
  static const char *const kNames[] = {"rows.json", "rows.jsonl", "rows.csv", "rows.txt", "rows"};
  const char *name = kNames[data[0] % 5];
  const auto rows = data::RowSource::fromText(std::string(reinterpret_cast<const char *>(data) + 1, size - 1), name);
  if (!rows.ok()) return 0;
  data::ProblemList problems;
  problems.append((*rows)->problems());
  const std::string file = name;
  int64_t line = 1;
  for (int64_t row = 0; row < (*rows)->count(); ++row) {
    if ((*rows)->line(row) < line) std::abort(); // lines never run backwards
    line = (*rows)->line(row);
    const auto value = (*rows)->read(row, problems);
    if (!value) continue;
    for (const auto format : {api::DatasetFormat::Auto, api::DatasetFormat::Alpaca, api::DatasetFormat::Sharegpt,
                              api::DatasetFormat::Messages, api::DatasetFormat::Text, api::DatasetFormat::Tokens}) {
      data::RowProblems report(problems, file, row, line);
      const auto record = data::parseRecord(*value, {format, 1000}, report);
      if (record && report.hasErrors()) std::abort(); // a broken row never becomes a record
    }
  }
  return 0;
}
