// The edits of one dataset that its file does not hold yet: an append-only file of records, each a line of JSON and the texts
// it speaks of, written whole before the edit counts. Holds the file's lock while open, so that no other window edits the
// same dataset. Flushed to the disk a second after a write by a thread of its own, for which neither a keystroke nor closing
// waits. Reading and sync() from any thread, the rest from one at a time. Fails with IoFailed, and Usage when locked.
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace attune::store {

/// Where a text stands in the journal.
struct JournalText {
  uint64_t offset = 0;
  uint32_t size = 0;
  bool asInFile = false; // spelled as in the dataset's file (a CSV record, a line of text); else JSON
};

struct JournalRecord {
  Json head; // what was done, without what locates the texts
  std::vector<JournalText> texts;
  uint64_t begin = 0; // its place in the journal
};

class EditJournal {
public:
  /// Creates the file where there is none; `dataset` is named in errors.
  static Result<std::shared_ptr<EditJournal>> open(const std::string &file, const std::string &dataset);
  ~EditJournal();
  EditJournal(const EditJournal &) = delete;
  EditJournal &operator=(const EditJournal &) = delete;

  const std::string &path() const { return m_path; }
  uint64_t size() const { return m_size; }
  /// Calls `visit` for every whole record until it returns false; what follows, such as a torn record, is cut off.
  Status replay(const std::function<bool(const JournalRecord &)> &visit);
  Result<std::string> read(const JournalText &text) const;
  /// One record without texts.
  Status append(const Json &head);
  Status clear() { return cut(0); }
  /// Waits until everything appended is on the disk.
  Status sync();
  /// Goes on under a new file; the old one stays beside it. The path it has now.
  Result<std::string> setAside();
  /// Deletes the file; only closing may follow.
  void remove();

private:
  friend class JournalBatch;
  struct Disk;
  EditJournal(std::string path, int file);
  Status cut(uint64_t size);
  Status write(std::string_view bytes);
  int file() const;
  void letGo();

  std::string m_path;
  std::shared_ptr<Disk> m_disk;
  uint64_t m_size = 0;
};

/// One record with any number of texts; written when finished, and gone without a trace when it is not.
class JournalBatch {
public:
  explicit JournalBatch(EditJournal &journal) : m_journal(journal), m_begin(journal.m_size) {}
  ~JournalBatch();
  JournalBatch(const JournalBatch &) = delete;
  JournalBatch &operator=(const JournalBatch &) = delete;

  Status add(std::string_view text, bool asInFile = false);
  /// The places of all texts, in the order they were added.
  Result<std::vector<JournalText>> finish(Json head);

private:
  Status flush(Json head);

  EditJournal &m_journal;
  uint64_t m_begin;
  std::string m_waiting;     // texts not written yet
  size_t m_firstWaiting = 0; // in m_texts
  int64_t m_blocks = 0;
  std::vector<JournalText> m_texts;
  bool m_finished = false;
};

} // namespace attune::store
