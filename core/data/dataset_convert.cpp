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

std::string whereOf(const RowFeed &from, int64_t row) {
  return Problem{from.file().path(), row, from.line(row), "", "", "", "", Severity::Error}.where();
}

/// Calls visit(feed, row) for every row of every feed in order.
template <typename Visit> Status forEachRow(const RowFeeds &feeds, const StopToken &stop, const RowProgress &progress, const Visit &visit) {
  constexpr int64_t kRowsBetweenReports = 1024;
  int64_t total = 0;
  int64_t done = 0;
  for (const auto &feed : feeds) total += feed->count();
  for (const auto &feed : feeds) {
    for (int64_t row = 0; row < feed->count(); ++row) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "The work was stopped.", feed->file().path(), ""};
      if (progress && done % kRowsBetweenReports == 0) progress(done, total);
      ++done;
      const Status visited = visit(*feed, row);
      if (visited.ok()) continue;
      ATTUNE_CHECK(feed->unchanged()); // the cause of what is wrong, if it was changed
      return visited;
    }
    ATTUNE_CHECK(feed->unchanged());
  }
  return {};
}

RowFeeds feedsOf(const std::vector<DatasetFile> &files) {
  RowFeeds feeds;
  for (const auto &file : files) feeds.push_back(feedOf(file));
  return feeds;
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
using RowMaker = std::function<Result<std::optional<Json>>(RowFeed &from, int64_t row, ProblemList &problems)>;

Result<std::optional<Json>> asItIs(RowFeed &from, int64_t row, ProblemList &problems) {
  auto value = from.read(row, problems);
  ATTUNE_CHECK(refused(problems));
  return value;
}

/// The writer of an output. The header of a CSV file takes a pass over all rows.
Result<RowWriter> openWriter(const std::string &path, const RowFeeds &feeds, const StopToken &stop, const RowMaker &make) {
  ATTUNE_TRY(const RowLayout layout, outputLayout(path));
  std::vector<std::string> columns;
  if (layout == RowLayout::Csv) {
    const auto collect = [&](RowFeed &from, int64_t row) -> Status {
      ProblemList ignored; // found again when the row is written
      ATTUNE_TRY(const auto value, make(from, row, ignored));
      if (value) addKeys(*value, kMaxColumns, columns);
      return {};
    };
    ATTUNE_CHECK(forEachRow(feeds, stop, {}, collect));
  }
  const bool csv = !feeds.empty() && feeds[0]->file().layout() == RowLayout::Csv;
  return RowWriter::create(path, columns, csv ? feeds[0]->file().delimiter() : ',');
}

/// A row whose content does not change, which reads as `value`.
Status copyRow(RowFeed &from, int64_t row, const Json &value, RowWriter &writer) {
  if (!from.asInFile(row)) return writer.write(value, whereOf(from, row));
  ATTUNE_TRY(const std::string_view raw, from.raw(row));
  return writer.copy(from.file(), raw, value, whereOf(from, row));
}

/// Finds the rows of the validation part that are in the training part too.
class SharedRows {
public:
  Status add(RowFeed &from, int64_t row, bool held) {
    ATTUNE_TRY(const std::string_view raw, from.raw(row));
    const size_t hash = std::hash<std::string_view>()(raw);
    if (held)
      m_held.emplace_back(hash, Place{&from, row});
    else
      m_trained.emplace(hash, Place{&from, row});
    return {};
  }
  void report(SplitReport &report) const {
    for (const auto &[hash, place] : m_held) {
      const auto range = m_trained.equal_range(hash);
      for (auto other = range.first; other != range.second; ++other) {
        if (!same(place, other->second)) continue;
        ++report.sharedRows;
        RowProblems(report.problems, place.feed->file().path(), place.row, place.feed->line(place.row))
            .warn("", "row_in_both_parts",
                  "The row is in the validation part, and the same row (" + whereOf(*other->second.feed, other->second.row) +
                      ") in the training part.",
                  "Delete duplicates before the split; \"attune data check\" lists them.");
        break;
      }
    }
  }

private:
  struct Place {
    RowFeed *feed;
    int64_t row;
  };
  /// Not when one cannot be read.
  static bool same(const Place &one, const Place &other) {
    const auto first = one.feed->raw(one.row);
    if (!first.ok()) return false;
    const std::string bytes(*first);
    const auto second = other.feed->raw(other.row);
    return second.ok() && *second == bytes;
  }
  std::unordered_multimap<size_t, Place> m_trained;
  std::vector<std::pair<size_t, Place>> m_held; // in order
};

} // namespace

Result<ConvertReport> convertDataset(const std::vector<api::DatasetRef> &refs, api::DatasetFormat format, const std::string &out,
                                     bool overwrite, const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs, {out}, overwrite));
  return convertRows(feedsOf(files), format, out, stop);
}

Result<ConvertReport> convertRows(const RowFeeds &feeds, api::DatasetFormat format, const std::string &out, const StopToken &stop,
                                  const RowProgress &progress) {
  ConvertReport report;
  const RowMaker make = [&](RowFeed &from, int64_t row, ProblemList &problems) -> Result<std::optional<Json>> {
    ProblemList found;
    const auto value = from.read(row, found);
    RowProblems told(found, from.file().path(), row, from.line(row));
    const auto record = value ? parseRecord(*value, {from.format(), 0}, told) : std::nullopt;
    problems.append(found);
    ATTUNE_CHECK(refused(found));
    if (!record) return std::optional<Json>(); // an empty row
    ATTUNE_TRY(auto made, convertRow(*value, *record, format, whereOf(from, row)));
    return std::optional<Json>(std::move(made));
  };
  ATTUNE_TRY(auto writer, openWriter(out, feeds, stop, make));
  const auto convert = [&](RowFeed &from, int64_t row) -> Status {
    ATTUNE_TRY(const auto value, make(from, row, report.problems));
    if (!value) {
      ++report.emptyRows;
      return {};
    }
    addKeys(*value, kShownColumns, report.columns);
    return from.format() == format ? copyRow(from, row, *value, writer) : writer.write(*value, whereOf(from, row));
  };
  ATTUNE_CHECK(forEachRow(feeds, stop, progress, convert));
  ATTUNE_CHECK(writer.commit());
  report.rows = writer.count();
  return report;
}

Result<int64_t> copyRows(const RowFeeds &feeds, const std::string &out, const StopToken &stop, const RowProgress &progress) {
  ATTUNE_TRY(auto writer, openWriter(out, feeds, stop, asItIs));
  const auto copy = [&](RowFeed &from, int64_t row) -> Status {
    ProblemList problems;
    ATTUNE_TRY(const auto value, asItIs(from, row, problems));
    return copyRow(from, row, *value, writer);
  };
  ATTUNE_CHECK(forEachRow(feeds, stop, progress, copy));
  ATTUNE_CHECK(writer.commit());
  return writer.count();
}

Result<SplitReport> splitDataset(const std::vector<api::DatasetRef> &refs, double fraction, int64_t seed, const SplitOutputs &out,
                                 const StopToken &stop) {
  ATTUNE_TRY(const auto files, openAll(refs, {out.train, out.validation}, out.overwrite));
  ATTUNE_TRY(SplitReport report, splitRows(feedsOf(files), fraction, seed, out, stop));
  report.format = formatOf(files);
  report.columns = columnsOf(files);
  return report;
}

Result<SplitReport> splitRows(const RowFeeds &feeds, double fraction, int64_t seed, const SplitOutputs &out, const StopToken &stop) {
  if (sameTarget(out.train, out.validation))
    return Error{ErrorCode::Usage, "Both outputs are the same file.", out.validation, "Remove the link, or choose another name."};
  int64_t total = 0;
  for (const auto &feed : feeds) total += feed->count();
  if (total == 0)
    return Error{ErrorCode::InvalidData, "There are no rows to split.", feeds.empty() ? "" : feeds[0]->file().path(),
                 "Give a file with rows."};
  const auto keep = static_cast<int64_t>(std::floor(fraction * static_cast<double>(total) + 0.5));
  if (keep < 1 || keep >= total) {
    return Error{ErrorCode::Usage, "Setting aside this share of " + std::to_string(total) + " rows leaves one part without rows.",
                 "--fraction", "Give a share between 0 and 1 that is at least one row, and not all."};
  }
  const auto order = permutation(total, static_cast<uint64_t>(seed), kSplitStream);
  std::vector<bool> held(static_cast<size_t>(total), false);
  for (int64_t i = 0; i < keep; ++i) held[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  ATTUNE_TRY(auto train, openWriter(out.train, feeds, stop, asItIs));
  ATTUNE_TRY(auto validation, openWriter(out.validation, feeds, stop, asItIs));
  SharedRows shared;
  size_t index = 0;
  const auto copy = [&](RowFeed &from, int64_t row) -> Status {
    ProblemList problems;
    ATTUNE_TRY(const auto value, asItIs(from, row, problems));
    const bool aside = held[index++];
    ATTUNE_CHECK(shared.add(from, row, aside));
    return copyRow(from, row, *value, aside ? validation : train);
  };
  ATTUNE_CHECK(forEachRow(feeds, stop, {}, copy));
  ATTUNE_CHECK(train.commit());
  ATTUNE_CHECK(validation.commit());
  SplitReport report;
  report.train = train.count();
  report.validation = validation.count();
  shared.report(report);
  return report;
}

} // namespace attune::data
