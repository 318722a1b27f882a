// The file: saving over it, and going back to it.
#include "core/data/dataset_convert.h"
#include "core/data/row_writer.h"
#include "core/store/dataset_document.h"
#include "core/store/journal_words.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace attune::store {

namespace {

constexpr size_t kRowsBetweenReports = 1024;

/// Keeps what stands at `path` as PATH.orig, unless something is kept there already. Whether it was made now.
Result<bool> keepOriginal(const std::string &path) {
  const std::string kept = path + ".orig";
  if (::linkat(AT_FDCWD, path.c_str(), AT_FDCWD, kept.c_str(), AT_SYMLINK_FOLLOW) == 0) return true;
  if (errno == EEXIST) return false;
  std::error_code failed; // a file system without links
  if (std::filesystem::copy_file(path, kept, failed)) return true;
  if (failed == std::errc::file_exists) return false;
  std::error_code ignored;
  std::filesystem::remove(kept, ignored);
  return Error{ErrorCode::IoFailed, "The original cannot be kept beside the saved file: " + failed.message() + ".", kept,
               "Free some disk space, or save to another folder."};
}

/// The rows of a document for the code that writes datasets.
class DocumentFeed : public data::RowFeed {
public:
  explicit DocumentFeed(std::shared_ptr<const DocumentRows> rows) : m_rows(std::move(rows)) {}
  const data::RowSource &file() const override { return *m_rows->texts->file().source; }
  api::DatasetFormat format() const override { return m_rows->format; }
  int64_t count() const override { return static_cast<int64_t>(m_rows->count()); }
  bool asInFile(int64_t row) const override { return m_rows->texts->asInFile(ref(row)); }
  int64_t line(int64_t row) const override { return row + 1; }
  Result<std::string_view> raw(int64_t row) override {
    ATTUNE_TRY(m_raw, m_rows->texts->raw(ref(row)));
    return std::string_view(m_raw);
  }
  std::optional<Json> read(int64_t row, data::ProblemList &problems) override { return m_rows->texts->read(ref(row), problems); }
  Status unchanged() const override { return {}; } // each reading says so itself

private:
  TextRef ref(int64_t row) const { return m_rows->refs[static_cast<size_t>(row)]; }
  std::shared_ptr<const DocumentRows> m_rows;
  std::string m_raw;
};

} // namespace

bool FileDocument::fileIsOurs(const std::optional<FileStamp> &now) const {
  if (!now) return false;
  return *now == m_stamp || (now->size == m_stamp.size && m_content && contentSum(m_path) == m_content);
}

/// Called with m_change held.
Result<FileDocument::SharedMoment> FileDocument::markMoment() {
  const uint64_t mark = m_journal->size();
  ATTUNE_CHECK(m_journal->append(markRecord()));
  auto moment = std::make_shared<Moment>();
  moment->rows = rows();
  moment->mark = mark;
  const std::lock_guard<std::mutex> lock(m_state);
  moment->state = m_table->state();
  m_table->startBase();
  return SharedMoment(std::move(moment));
}

api::DocumentWork<Status> FileDocument::save(bool force) {
  const std::lock_guard<std::mutex> changing(m_change);
  return [this, moment = markMoment(), force](const StopToken &stop, const api::DocumentProgress &progress) -> Status {
    ATTUNE_CHECK(moment);
    return write(*moment, force, stop, progress);
  };
}

Status FileDocument::write(SharedMoment moment, bool force, const StopToken &stop, const api::DocumentProgress &progress) {
  const std::lock_guard<std::mutex> saving(m_saving);
  if (moment->rows.texts != m_texts) return Error{ErrorCode::Interrupted, "The changes were discarded before they were saved.", m_path, ""};
  if (moment->mark < m_savedMark) return {}; // a save that was asked for later came first
  const auto now = stampOf(m_path);
  if (!force && !fileIsOurs(now))
    return Error{now ? ErrorCode::Usage : ErrorCode::FileNotFound,
                 now ? "Another program changed the file since it was opened." : "The file was deleted since it was opened.", m_path,
                 now ? "Save over it, or export the rows under another name."
                     : "Save to write it again, or export the rows under another name."};
  if (!force && m_savedMark > 0 && moment->state == m_savedState) return {};
  const data::RowSource &source = *m_texts->file().source;
  if (source.layout() == data::RowLayout::Csv && source.columns().empty() && source.problems().errors() > 0)
    return Error{ErrorCode::InvalidData, source.problems().firstError()->message, m_path, source.problems().firstError()->fix};
  size_t lost = 0;
  if (force && !source.unchanged().ok()) {
    const std::lock_guard<std::mutex> changing(m_change);
    ATTUNE_TRY(lost, takeOutOverwritten());
    if (lost > 0) {
      ATTUNE_TRY(moment, markMoment());
    }
  }
  const DocumentRows &saved = moment->rows;
  ATTUNE_TRY(auto writer, data::RowWriter::createLike(source, m_path));
  const bool json = source.layout() == data::RowLayout::JsonList || source.layout() == data::RowLayout::JsonLines;
  const auto total = static_cast<int64_t>(saved.count());
  for (size_t i = 0; i < saved.count(); ++i) {
    if (i % kRowsBetweenReports == 0) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Saving was stopped; the file is as it was.", m_path, ""};
      if (progress) progress(static_cast<int64_t>(i), total);
    }
    ATTUNE_TRY(const std::string text, saved.texts->raw(saved.refs[i]));
    if (json || saved.texts->asInFile(saved.refs[i])) {
      ATTUNE_CHECK(writer.put(text));
    } else {
      ATTUNE_TRY(const Json row, parseRow(text));
      ATTUNE_CHECK(writer.write(row, place(i)));
    }
  }
  bool kept = false;
  // Killed on either side of the file's replacement, the journal still tells which edits the file lacks.
  const Status replaced = writer.commit([&](const FileStamp &stamp) -> Status {
    if (now) {
      ATTUNE_TRY(kept, keepOriginal(m_path));
    }
    {
      const std::lock_guard<std::mutex> changing(m_change);
      ATTUNE_CHECK(m_journal->append(baseRecord(stamp, saved.count(), std::nullopt, moment->mark)));
    }
    return m_journal->sync(); // a power cut must not leave the new file without it
  });
  if (!replaced.ok()) {
    std::error_code ignored;
    if (kept) std::filesystem::remove(m_path + ".orig", ignored);
    return replaced;
  }
  m_stamp = stampOf(m_path).value_or(m_stamp);
  m_content = contentSum(m_path);
  m_savedMark = moment->mark;
  m_savedState = moment->state;
  const std::lock_guard<std::mutex> changing(m_change);
  {
    const std::lock_guard<std::mutex> lock(m_state);
    m_table->markSaved(moment->state);
    ++m_revision;
    m_recovered = 0;
    m_fileProblem.clear();
    if (lost > 0)
      m_fileProblem = "Another program had written over " + std::to_string(lost) +
                      " of the rows, so they were left out of the saved file." +
                      (kept ? " What that program wrote is kept in " + m_path + ".orig." : "");
  }
  // Not needed to find the edits again. Some network file systems give a file another time once it is in place.
  (void)m_journal->append(savedRecord(moment->mark)).ok();
  (void)m_journal->append(baseRecord(m_stamp, saved.count(), m_content, moment->mark)).ok();
  return {};
}

/// Ends the history: going back would bring rows without a text. Called with m_change held.
Result<size_t> FileDocument::takeOutOverwritten() {
  const DocumentRows all = rows();
  std::vector<uint32_t> lost;
  for (size_t i = 0; i < all.count(); ++i) {
    const auto text = all.texts->raw(all.refs[i]);
    if (!text.ok() && text.error().code == ErrorCode::IoFailed) lost.push_back(static_cast<uint32_t>(i));
  }
  if (lost.empty()) return size_t(0);
  if (lost.size() == all.count())
    return Error{ErrorCode::IoFailed, "Another program wrote over every row of the file.", m_path,
                 "Discard the changes to see the file as it is now."};
  const auto step = m_table->orderStep(lost, {}, {}, {});
  if (!step) return noSuchRow();
  ATTUNE_CHECK(writeEffect(*step));
  const std::lock_guard<std::mutex> lock(m_state);
  m_table->applyOutside(*step);
  ++m_revision;
  return lost.size();
}

Status FileDocument::checkTarget(const std::string &path, bool overwrite) const {
  ATTUNE_CHECK(data::outputLayout(path));
  const auto own = stampOf(m_path);
  const auto target = stampOf(path);
  if (own && target && own->number == target->number)
    return Error{ErrorCode::Usage, "This is the file of the dataset itself.", path, "Save it, or choose another name."};
  return data::checkOutput(path, {m_path}, overwrite);
}

api::DocumentWork<Status> FileDocument::exportTo(const std::string &path, api::DatasetFormat format, bool overwrite) {
  return [this, all = std::make_shared<const DocumentRows>(rows()), path, format,
          overwrite](const StopToken &stop, const api::DocumentProgress &progress) -> Status {
    ATTUNE_CHECK(checkTarget(path, overwrite));
    data::RowFeeds feeds;
    feeds.push_back(std::make_unique<DocumentFeed>(all));
    if (format == api::DatasetFormat::Auto || format == all->format) {
      const auto copied = data::copyRows(feeds, path, stop, progress);
      return copied.ok() ? Status() : copied.error();
    }
    const auto converted = data::convertRows(feeds, format, path, stop, progress);
    return converted.ok() ? Status() : converted.error();
  };
}

api::DocumentWork<Result<std::pair<int64_t, int64_t>>> FileDocument::split(const api::SplitTarget &target) {
  return [this, all = std::make_shared<const DocumentRows>(rows()),
          target](const StopToken &stop, const api::DocumentProgress &) -> Result<std::pair<int64_t, int64_t>> {
    for (const std::string &path : {target.train, target.validation}) ATTUNE_CHECK(checkTarget(path, target.overwrite));
    if (target.train == target.validation)
      return Error{ErrorCode::Usage, "Both parts cannot go into the same file.", target.train, "Give two names."};
    data::RowFeeds feeds;
    feeds.push_back(std::make_unique<DocumentFeed>(all));
    ATTUNE_TRY(const auto report,
               data::splitRows(feeds, target.fraction, target.seed, {target.train, target.validation, target.overwrite}, stop));
    return std::make_pair(report.train, report.validation);
  };
}

Status FileDocument::discardChanges() {
  const std::lock_guard<std::mutex> saving(m_saving);
  const std::lock_guard<std::mutex> changing(m_change);
  ATTUNE_CHECK(load({}));
  return forgetEdits();
}

} // namespace attune::store
