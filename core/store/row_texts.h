// The texts of a document's rows where they lie: a row of the opened file or a place in the journal, named by a number.
// Texts are only ever added, so a number stays good for the document's life. Any thread, guarded inside.
#pragma once

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
  RowTexts(data::DatasetFile file, std::shared_ptr<EditJournal> journal) : m_file(std::move(file)), m_journal(std::move(journal)) {}

  const data::DatasetFile &file() const { return m_file; }
  EditJournal &journal() const { return *m_journal; }
  TextRef add(const JournalText &text);
  size_t size(TextRef ref) const;
  /// Spelled as in the dataset's file; else it is JSON.
  bool asInFile(TextRef ref) const;
  /// The text as it stands; InvalidData when it is more than a row may hold.
  Result<std::string> raw(TextRef ref) const;
  /// The row as JSON; nothing, and a problem, when it cannot be read.
  std::optional<Json> read(TextRef ref, data::ProblemList &problems) const;
  /// As read, with what raw() gave.
  std::optional<Json> parse(TextRef ref, std::string_view raw, data::ProblemList &problems) const;

private:
  std::optional<JournalText> edited(TextRef ref) const;

  const data::DatasetFile m_file;
  const std::shared_ptr<EditJournal> m_journal;
  mutable std::mutex m_mutex;
  std::vector<JournalText> m_edited;
};

/// A row as JSON, with the limits of rows in a file.
Result<Json> parseRow(std::string_view text);

} // namespace attune::store
