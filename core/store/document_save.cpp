// The file: saving over it, and going back to it.
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

} // namespace

Status FileDocument::save(bool force, const StopToken &stop, const api::DocumentProgress &progress) {
  const std::lock_guard<std::mutex> changing(m_change);
  const auto now = stampOf(m_path);
  if (!force && (!now || !(*now == m_stamp)))
    return Error{ErrorCode::Usage,
                 now ? "Another program changed the file since it was opened." : "The file was deleted since it was opened.", m_path,
                 "Save over it, or export the rows under another name."};
  const data::RowSource &source = *m_texts->file().source;
  if (source.layout() == data::RowLayout::Csv && source.columns().empty() && source.problems().errors() > 0)
    return Error{ErrorCode::InvalidData, source.problems().firstError()->message, m_path, source.problems().firstError()->fix};
  const DocumentRows saved = rows();
  ATTUNE_TRY(auto writer, data::RowWriter::createLike(source, m_path));
  const auto total = static_cast<int64_t>(saved.count());
  for (size_t i = 0; i < saved.count(); ++i) {
    if (i % kRowsBetweenReports == 0) {
      if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Saving was stopped; the file is as it was.", m_path, ""};
      if (progress) progress(static_cast<int64_t>(i), total);
    }
    ATTUNE_TRY(const std::string text, saved.texts->raw(saved.refs[i]));
    const bool json = layout() == data::RowLayout::JsonList || layout() == data::RowLayout::JsonLines;
    if (json || saved.texts->asInFile(saved.refs[i])) {
      ATTUNE_CHECK(writer.put(text));
    } else {
      ATTUNE_TRY(const Json row, parseRow(text));
      ATTUNE_CHECK(writer.write(row, m_path + ":" + std::to_string(i + 1)));
    }
  }
  bool kept = false;
  // Killed on either side of the file's replacement, the journal still tells which edits the file lacks.
  const Status replaced = writer.commit([&](const FileStamp &stamp) -> Status {
    if (now) {
      ATTUNE_TRY(kept, keepOriginal(m_path));
    }
    return m_journal->append(baseRecord(stamp, saved.count()));
  });
  if (!replaced.ok()) {
    std::error_code ignored;
    if (kept) std::filesystem::remove(m_path + ".orig", ignored);
    return replaced;
  }
  {
    const std::lock_guard<std::mutex> lock(m_state);
    m_table->markSaved();
    ++m_revision;
    m_recovered = 0;
    m_fileProblem.clear();
  }
  m_stamp = stampOf(m_path).value_or(m_stamp);
  // Not needed to find the edits again. Some network file systems give a file another time once it is in place.
  (void)m_journal->append(savedRecord()).ok();
  (void)m_journal->append(baseRecord(m_stamp, saved.count())).ok();
  return {};
}

Status FileDocument::exportTo(const std::string &path, api::DatasetFormat, bool, const StopToken &, const api::DocumentProgress &) {
  return Error{ErrorCode::NotSupportedYet, "Exporting is not there yet.", path, ""};
}

Result<std::pair<int64_t, int64_t>> FileDocument::split(const api::SplitTarget &target, const StopToken &) {
  return Error{ErrorCode::NotSupportedYet, "Splitting is not there yet.", target.train, ""};
}

Status FileDocument::discardChanges() {
  const std::lock_guard<std::mutex> changing(m_change);
  ATTUNE_CHECK(load({}));
  return startJournal();
}

} // namespace attune::store
