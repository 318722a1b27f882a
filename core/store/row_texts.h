// The texts of a document's rows where they lie: a row of the opened file or a place in the journal, named by a number.
// Texts are only ever added, so a number stays good for the document's life, also when the file's time changes or rows are
// added behind it. Any thread, guarded inside.
#pragma once

#include "core/base/stop_token.h"
#include "core/data/dataset_file.h"
#include "core/store/edit_journal.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace attune::store {

using TextRef = uint32_t; // below the file's number of rows: that row; else an edited text

class RowTexts {
public:
  /// Reads the whole file once, to know its rows again when another program touched it.
  static Result<std::shared_ptr<RowTexts>> create(data::DatasetFile file, std::shared_ptr<EditJournal> journal, const StopToken &stop);

  const data::DatasetFile &file() const { return m_file; }
  EditJournal &journal() const { return *m_journal; }
  TextRef add(const JournalText &text);
  size_t size(TextRef ref) const;
  /// Spelled as in the dataset's file; else it is JSON.
  bool asInFile(TextRef ref) const;
  /// The text as it stood when the file was opened; MalformedFile when it is more than a row may hold, IoFailed when another
  /// program wrote something else in its place.
  Result<std::string> raw(TextRef ref) const;
  /// The row as JSON; nothing, and a problem, when it cannot be read.
  std::optional<Json> read(TextRef ref, data::ProblemList &problems) const;
  /// As read, with what raw() gave.
  std::optional<Json> parse(TextRef ref, std::string_view raw, data::ProblemList &problems) const;

private:
  RowTexts(data::DatasetFile file, std::shared_ptr<EditJournal> journal) : m_file(std::move(file)), m_journal(std::move(journal)) {}
  std::optional<JournalText> edited(TextRef ref) const;

  const data::DatasetFile m_file;
  const std::shared_ptr<EditJournal> m_journal;
  std::vector<uint32_t> m_sums; // of the file's rows
  mutable std::mutex m_mutex;
  std::vector<JournalText> m_edited;
};

/// A row as JSON, with the limits of rows in a file.
Result<Json> parseRow(std::string_view text);

} // namespace attune::store
