// Opening a document with the edits its journal kept, and going back and forth.
#include "core/data/dataset_file.h"
#include "core/store/dataset_document.h"
#include "core/store/journal_words.h"

#include <algorithm>
#include <unordered_map>

namespace attune::store {

namespace {

/// What a journal holds for the file as it stands.
struct JournalContent {
  std::optional<uint64_t> start;    // where the edits begin that this very file lacks; nothing: none are known to fit it
  uint64_t saved = 0;               // where those begin that no file holds
  std::optional<uint64_t> lastEdit; // where it stands

  bool unsaved() const { return lastEdit && *lastEdit >= saved; }
  bool hasEdits() const { return start && lastEdit && *lastEdit >= *start; }
};

Result<JournalContent> look(EditJournal &journal, const FileStamp &stamp, size_t rows, std::optional<uint64_t> sum) {
  JournalContent content;
  ATTUNE_CHECK(journal.replay([&](const JournalRecord &record) {
    if (matchesBase(record.head, stamp, rows, sum))
      content.start = asOf(record.head, record.begin);
    else if (record.head.contains("saved"))
      content.saved = asOf(record.head, record.begin);
    else if (!isBase(record.head) && !record.head.contains("mark"))
      content.lastEdit = record.begin;
    return true;
  }));
  return content;
}

} // namespace

Result<std::shared_ptr<FileDocument>> FileDocument::open(const std::string &path, const std::string &journalPath,
                                                         api::DatasetFormat emptyFormat, std::shared_ptr<TokenizerCache> tokenizers,
                                                         const StopToken &stop) {
  if (!stampOf(path)) return Error{ErrorCode::FileNotFound, "The file cannot be opened.", path, "Check the path and its permissions."};
  ATTUNE_TRY(auto journal, EditJournal::open(journalPath, path));
  std::shared_ptr<FileDocument> document(new FileDocument(path, std::move(journal), emptyFormat, std::move(tokenizers)));
  const Status opened = document->load(stop);
  if (!opened.ok()) {
    if (document->m_journal->size() == 0) document->m_journal->remove();
    return opened.error();
  }
  ATTUNE_CHECK(document->replay());
  document->m_replayed = true;
  return document;
}

FileDocument::~FileDocument() {
  if (m_replayed && !m_table->changed()) m_journal->remove();
}

Status FileDocument::load(const StopToken &stop) {
  const auto before = stampOf(m_path);
  ATTUNE_TRY(auto file, data::openDataset({m_path}, stop));
  if (stop.stopRequested()) return Error{ErrorCode::Interrupted, "Opening the dataset was stopped.", m_path, ""};
  std::string problem;
  for (const data::Problem &found : file.source->problems().items()) {
    if (!problem.empty()) continue;
    problem = found.message + " (" + m_path;
    if (found.line > 0) problem.append(":").append(std::to_string(found.line));
    problem += ")";
  }
  auto table = std::make_unique<RowTable>(static_cast<uint32_t>(file.source->count()));
  ATTUNE_TRY(auto texts, RowTexts::create(std::move(file), m_journal, stop));
  const auto content = contentSum(m_path);
  const auto after = stampOf(m_path);
  if (!before || !after || !(*before == *after))
    return Error{ErrorCode::IoFailed, "Another program changed the file while it was read.", m_path, "Open it again."};
  const std::lock_guard<std::mutex> lock(m_state);
  m_texts = std::move(texts);
  m_table = std::move(table);
  m_stamp = *after;
  m_content = content;
  m_savedMark = 0;
  m_recovered = 0;
  m_fileProblem = problem;
  m_measures.clear();
  ++m_revision;
  return {};
}

Status FileDocument::startJournal() {
  ATTUNE_CHECK(m_journal->clear());
  return m_journal->append(baseRecord(m_stamp, m_table->order()->size(), m_content, std::nullopt));
}

/// The texts stay where they are: an export may be reading them.
Status FileDocument::forgetEdits() {
  const bool written = m_journal->append(savedRecord(m_journal->size())).ok() &&
                       m_journal->append(baseRecord(m_stamp, m_table->order()->size(), m_content, std::nullopt)).ok();
  return written ? Status() : startJournal(); // needs no room on the disk
}

Status FileDocument::replay() {
  const size_t rows = m_table->order()->size();
  ATTUNE_TRY(const JournalContent content, look(*m_journal, m_stamp, rows, m_content));
  if (!content.start && content.unsaved()) {
    ATTUNE_TRY(const std::string kept, m_journal->setAside());
    m_fileProblem = "The file was changed by another program, so the edits that were not saved do not fit it any more. They are kept in " +
                    kept + ": open it with a text editor, where every edited row is a line of its own, and copy what is missing." +
                    (m_fileProblem.empty() ? "" : " ") + m_fileProblem;
  }
  if (!content.hasEdits()) return startJournal();
  ATTUNE_CHECK(m_journal->replay([&](const JournalRecord &record) {
    const Json &head = record.head;
    if (record.begin < *content.start || isBase(head) || head.contains("saved")) return true;
    if (head.contains("mark")) {
      m_table->startBase();
      return true;
    }
    if (head.contains("undo") || head.contains("redo")) {
      const bool back = head.contains("undo");
      if (!(back ? m_table->toUndo() : m_table->toRedo())) return false;
      back ? m_table->undo() : m_table->redo();
      return true;
    }
    std::vector<TextRef> refs;
    for (const JournalText &text : record.texts) refs.push_back(m_texts->add(text));
    auto step = readStep(head, refs, *m_table);
    if (!step) return false;
    if (head.contains("effect"))
      m_table->applyOutside(*step);
    else
      m_table->commit(std::move(*step), head.contains("join"));
    return true;
  }));
  m_recovered = m_table->changed() ? std::max<int64_t>(1, static_cast<int64_t>(m_table->undoSteps())) : 0;
  return {};
}

Result<api::DocumentChange> FileDocument::undo() { return step(true); }
Result<api::DocumentChange> FileDocument::redo() { return step(false); }

Result<api::DocumentChange> FileDocument::step(bool back) {
  const std::lock_guard<std::mutex> changing(m_change);
  const EditStep *next = back ? m_table->toUndo() : m_table->toRedo();
  if (!next) return api::DocumentChange();
  const EditStep effect = back ? reversed(*next) : *next;
  const bool named = next->base == m_table->base();
  ATTUNE_CHECK(named ? m_journal->append(back ? undoRecord() : redoRecord()) : writeEffect(effect));
  std::unique_lock<std::mutex> lock(m_state);
  if (!named) m_table->startBase();
  back ? m_table->undo() : m_table->redo();
  const api::DocumentChange change = noteChange(effect);
  lock.unlock();
  remeasure(effect);
  return change;
}

/// What a step did before the last mark may not be there for whoever reads the journal, so its effect is written with all texts.
Status FileDocument::writeEffect(const EditStep &effect) {
  JournalBatch batch(*m_journal);
  const auto add = [&](TextRef ref) -> Status {
    ATTUNE_TRY(const std::string text, m_texts->raw(ref));
    return batch.add(text, m_texts->asInFile(ref));
  };
  Json head;
  if (!effect.changesOrder()) {
    std::vector<api::RowId> ids;
    for (const auto &text : effect.texts) {
      ids.push_back(text.id);
      ATTUNE_CHECK(add(text.after));
    }
    head = setRecord(m_table->positions(ids).value_or(std::vector<uint32_t>()), "", false);
  } else {
    std::vector<uint32_t> taken, put;
    std::vector<RowOrigin> origins;
    std::unordered_map<api::RowId, uint32_t> moved;
    for (const PlacedRow &row : effect.taken) {
      moved.emplace(row.id, static_cast<uint32_t>(taken.size()));
      taken.push_back(row.position);
    }
    for (const PlacedRow &row : effect.put) {
      put.push_back(row.position);
      const auto from = moved.find(row.id);
      origins.push_back(from == moved.end() ? RowOrigin{RowOrigin::New, 0} : RowOrigin{RowOrigin::Taken, from->second});
      if (from == moved.end()) ATTUNE_CHECK(add(m_table->ref(row.id)));
    }
    head = orderRecord(taken, put, origins);
  }
  head["effect"] = true; // ends the history of whoever reads it
  const auto written = batch.finish(std::move(head));
  return written.ok() ? Status() : written.error();
}

} // namespace attune::store
