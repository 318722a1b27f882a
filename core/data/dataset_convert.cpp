#include "core/data/dataset_convert.h"

#include "core/base/rng.h"
#include "core/data/convert_row.h"
#include "core/data/dataset_file.h"
#include "core/data/row_writer.h"

#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace attune::data {

namespace {

constexpr uint64_t kSplitStream = 0x73706c6974;
constexpr size_t kMaxColumns = 1001; // one more than a CSV header may have
constexpr size_t kShownColumns = 100;

std::string whereOf(const DatasetFile &file, int64_t row) {
  return Problem{file.source->path(), row, file.source->line(row), "", "", "", "", Severity::Error}.where();
}

/// Calls visit(file, reader, row) for every row of every file in order.
template <typename Visit> Status forEachRow(const std::vector<DatasetFile> &files, const StopToken &stop, const Visit &visit) {
  for (const auto &file : files) {
    RowReader reader(*file.source);
    for (int64_t row = 0; row < file.source->count(); ++row) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "The work was stopped.", file.source->path(), ""};
      const Status done = visit(file, reader, row);
      if (done.ok()) continue;
      ATTUNE_CHECK(file.source->unchanged()); // the cause of what is wrong, if it was changed
      return done;
    }
    ATTUNE_CHECK(file.source->unchanged());
  }
  return {};
}

Status refused(const ProblemList &problems) {
  if (const Problem *first = problems.firstError()) {
    return Error{ErrorCode::InvalidData, first->message, first->where(), first->fix + " \"attune data check\" lists all mistakes."};
  }
  return {};
}

/// Refuses outputs that may not be written before anything is read, then opens the files.
Result<std::vector<DatasetFile>> openAll(const std::vector<api::DatasetRef> &refs, const std::vector<std::string> &outputs,
                                         bool overwrite) {
  std::vector<std::string> inputs;
  for (const auto &ref : refs) inputs.push_back(ref.path);
  for (const auto &output : outputs) {
    ATTUNE_CHECK(outputLayout(output));
    ATTUNE_CHECK(checkOutput(output, inputs, overwrite));
  }
  ATTUNE_TRY(auto files, openDatasets(refs));
  for (const auto &file : files) ATTUNE_CHECK(refused(file.source->problems()));
  return files;
}

/// What becomes of a row; nothing when it is left out.
using RowMaker = std::function<Result<std::optional<Json>>(const DatasetFile &file, RowReader &reader, int64_t row, ProblemList &problems)>;

/// The writer of an output. The header of a CSV file takes a pass over all rows.
Result<RowWriter> openWriter(const std::string &path, const std::vector<DatasetFile> &files, const StopToken &stop, const RowMaker &make) {
  ATTUNE_TRY(const RowLayout layout, outputLayout(path));
  std::vector<std::string> columns;
  if (layout == RowLayout::Csv) {
    const auto collect = [&](const DatasetFile &file, RowReader &reader, int64_t row) -> Status {
      ProblemList ignored; // found again when the row is written
      ATTUNE_TRY(const auto value, make(file, reader, row, ignored));
      if (value) addKeys(*value, kMaxColumns, columns);
      return {};
    };
    ATTUNE_CHECK(forEachRow(files, stop, collect));
  }
  const bool csv = !files.empty() && files[0].source->layout() == RowLayout::Csv;
  return RowWriter::create(path, columns, csv ? files[0].source->delimiter() : ',');
}

/// Finds the rows of the validation part that are in the training part too.
class SharedRows {
public:
  void add(const DatasetFile &file, int64_t row, std::string_view raw, bool held) {
    const size_t hash = std::hash<std::string_view>()(raw);
    if (held)
      m_held.emplace_back(hash, Place{&file, row});
    else
      m_trained.emplace(hash, Place{&file, row});
  }
  void report(SplitReport &report) const {
    for (const auto &[hash, place] : m_held) {
      const auto range = m_trained.equal_range(hash);
      for (auto other = range.first; other != range.second; ++other) {
        const auto [file, row] = other->second;
        if (!sameRow(*file->source, row, *place.file->source, place.row)) continue;
        ++report.sharedRows;
        RowProblems(report.problems, place.file->source->path(), place.row, place.file->source->line(place.row))
            .warn("", "row_in_both_parts",
                  "The row is in the validation part, and the same row (" + whereOf(*file, row) + ") in the training part.",
                  "Delete duplicates before the split; \"attune data check\" lists them.");
        break;
      }
    }
  }

private:
  struct Place {
    const DatasetFile *file;
    int64_t row;
  };
  std::unordered_multimap<size_t, Place> m_trained;
  std::vector<std::pair<size_t, Place>> m_held; // in order
};

} // namespace

Result<ConvertReport> convertDataset(const std::vector<api::DatasetRef> &refs, api::DatasetFormat format, const std::string &out,
                                     bool overwrite, const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs, {out}, overwrite));
  ConvertReport report;
  const RowMaker make = [&](const DatasetFile &from, RowReader &reader, int64_t row, ProblemList &problems) -> Result<std::optional<Json>> {
    ProblemList found;
    const auto record = readRecord(from, reader, row, 0, found);
    problems.append(found);
    ATTUNE_CHECK(refused(found));
    if (!record) return std::optional<Json>(); // an empty row
    ATTUNE_TRY(auto value, convertRow(*reader.read(row, found), *record, format, whereOf(from, row)));
    return std::optional<Json>(std::move(value));
  };
  ATTUNE_TRY(auto writer, openWriter(out, files, stop, make));
  const auto convert = [&](const DatasetFile &from, RowReader &reader, int64_t row) -> Status {
    ATTUNE_TRY(const auto value, make(from, reader, row, report.problems));
    if (!value) {
      ++report.emptyRows;
      return {};
    }
    addKeys(*value, kShownColumns, report.columns);
    const bool unchanged = from.format == format;
    if (!unchanged) return writer.write(*value, whereOf(from, row));
    ATTUNE_TRY(const std::string_view raw, reader.raw(row));
    return writer.copy(*from.source, raw, *value, whereOf(from, row));
  };
  ATTUNE_CHECK(forEachRow(files, stop, convert));
  ATTUNE_CHECK(writer.commit());
  report.rows = writer.count();
  return report;
}

Result<SplitReport> splitDataset(const std::vector<api::DatasetRef> &refs, double fraction, int64_t seed, const SplitOutputs &out,
                                 const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs, {out.train, out.validation}, out.overwrite));
  int64_t total = 0;
  for (const auto &file : files) total += file.source->count();
  const auto keep = static_cast<int64_t>(std::floor(fraction * static_cast<double>(total) + 0.5));
  if (keep < 1 || keep >= total) {
    return Error{ErrorCode::Usage, "Setting aside this share of " + std::to_string(total) + " rows leaves one part without rows.",
                 "--fraction", "Give a share between 0 and 1 that is at least one row, and not all."};
  }
  const auto order = permutation(total, static_cast<uint64_t>(seed), kSplitStream);
  std::vector<bool> held(static_cast<size_t>(total), false);
  for (int64_t i = 0; i < keep; ++i) held[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  const RowMaker make = [](const DatasetFile &, RowReader &reader, int64_t row, ProblemList &problems) -> Result<std::optional<Json>> {
    auto value = reader.read(row, problems);
    ATTUNE_CHECK(refused(problems));
    return value;
  };
  ATTUNE_TRY(auto train, openWriter(out.train, files, stop, make));
  ATTUNE_TRY(auto validation, openWriter(out.validation, files, stop, make));
  SharedRows shared;
  size_t index = 0;
  const auto copy = [&](const DatasetFile &from, RowReader &reader, int64_t row) -> Status {
    ProblemList problems;
    ATTUNE_TRY(const auto value, make(from, reader, row, problems));
    const bool aside = held[index++];
    ATTUNE_TRY(const std::string_view raw, reader.raw(row));
    shared.add(from, row, raw, aside);
    return (aside ? validation : train).copy(*from.source, raw, *value, whereOf(from, row));
  };
  ATTUNE_CHECK(forEachRow(files, stop, copy));
  ATTUNE_CHECK(train.commit());
  ATTUNE_CHECK(validation.commit());
  SplitReport report;
  report.train = train.count();
  report.validation = validation.count();
  report.format = formatOf(files);
  report.columns = columnsOf(files);
  shared.report(report);
  return report;
}

} // namespace attune::data
