// api::DatasetDocument over a file and a journal: rows stay on disk, memory holds where each text stands and the history.
// Any thread; one change at a time (m_change), short looks at the state in between (m_state). A save writes what it was asked
// for beside the changes (m_saving). What failed changed nothing.
#pragma once

#include "core/api/dataset_document.h"
#include "core/base/file_stamp.h"
#include "core/store/row_lens.h"
#include "core/store/row_table.h"
#include "core/store/row_texts.h"

#include <functional>
#include <mutex>

namespace attune::store {

/// The rows as they stood at one moment.
struct DocumentRows {
  std::shared_ptr<const RowTexts> texts;
  std::vector<api::RowId> ids;
  std::vector<TextRef> refs;
  api::DatasetFormat format = api::DatasetFormat::Auto;

  size_t count() const { return ids.size(); }
};

constexpr size_t kEncodedAtOnce = size_t(256) << 10; // bytes of a row that a keystroke may wait for

/// What the table shows of a row.
api::RowGlance glanceOf(const RowTexts &texts, TextRef ref, api::DatasetFormat fileFormat);

class FileDocument : public api::DatasetDocument {
public:
  /// `emptyFormat` is what rows added to a file without rows become.
  static Result<std::shared_ptr<FileDocument>> open(const std::string &path, const std::string &journal, api::DatasetFormat emptyFormat,
                                                    std::shared_ptr<TokenizerCache> tokenizers, const StopToken &stop);
  ~FileDocument() override;

  /// A conversation as a row of the file's format at the end; whoever listens to foreign changes hears of it.
  Status addConversation(const std::vector<std::pair<std::string, std::string>> &rolesAndTexts);
  void onForeignChange(std::function<void()> told) override;

  api::DocumentState state() const override;
  api::RowFigures figures(api::RowId row) const override;
  Result<api::DatasetRow> row(api::RowId row) override;
  std::vector<api::RowGlance> glances(const std::vector<api::RowId> &rows) override;

  Result<api::DocumentChange> setField(api::RowId row, const std::string &path, const std::string &text, bool joined) override;
  Result<api::DocumentChange> setRole(api::RowId row, int64_t turn, const std::string &role) override;
  Result<api::DocumentChange> setJson(api::RowId row, const std::string &json) override;
  Result<api::DocumentChange> addTurn(api::RowId row, int64_t at, const std::string &role) override;
  Result<api::DocumentChange> removeTurn(api::RowId row, int64_t turn) override;
  Result<api::DocumentChange> moveTurn(api::RowId row, int64_t turn, int64_t to) override;
  Result<api::DocumentChange> insertRow(int64_t position, const std::string &json) override;
  Result<api::DocumentChange> duplicateRows(const std::vector<api::RowId> &rows) override;
  Result<api::DocumentChange> removeRows(const std::vector<api::RowId> &rows) override;
  Result<api::DocumentChange> moveRows(const std::vector<api::RowId> &rows, int64_t position) override;
  Result<api::DocumentChange> replaceAll(const std::vector<api::RowId> &rows, const std::string &pattern, const std::string &replacement,
                                         bool regex, bool matchCase, const StopToken &stop, const api::DocumentProgress &progress) override;
  Result<api::DocumentChange> undo() override;
  Result<api::DocumentChange> redo() override;

  Result<api::RowTokens> tokens(api::RowId row, const api::RunConfig &lens) override;
  Result<std::vector<api::RowId>> find(const api::DocumentQuery &query, api::RowSort sort, bool descending, const StopToken &stop,
                                       const api::DocumentProgress &progress) override;
  Result<api::DocumentSurvey> survey(const api::RunConfig &lens, const StopToken &stop, const api::DocumentProgress &progress) override;

  std::optional<api::DocumentSurvey> surveyNow() override;

  api::DocumentWork<Status> save(bool force) override;
  api::DocumentWork<Status> exportTo(const std::string &path, api::DatasetFormat format, bool overwrite) override;
  api::DocumentWork<Result<std::pair<int64_t, int64_t>>> split(const api::SplitTarget &target) override;
  Status discardChanges() override;

private:
  FileDocument(std::string path, std::shared_ptr<EditJournal> journal, api::DatasetFormat emptyFormat,
               std::shared_ptr<TokenizerCache> tokenizers)
      : m_path(std::move(path)), m_journal(std::move(journal)), m_emptyFormat(emptyFormat), m_tokenizers(std::move(tokenizers)) {}
  Status load(const StopToken &stop);
  Status startJournal();
  Status forgetEdits();
  Status replay();
  Status writeEffect(const EditStep &effect);
  /// Whether the file holds what it held when it was read or saved last; a new time alone is no change.
  bool fileIsOurs(const std::optional<FileStamp> &now) const;

  /// What a save writes: the rows as they stood when it was asked for.
  struct Moment {
    DocumentRows rows;
    uint64_t state = 0; // of the table
    uint64_t mark = 0;  // where the edits made since begin in the journal
  };
  using SharedMoment = std::shared_ptr<const Moment>;
  Result<SharedMoment> markMoment();
  Status write(SharedMoment moment, bool force, const StopToken &stop, const api::DocumentProgress &progress);
  Result<size_t> takeOutOverwritten();

  using Edit = std::function<Status(Json &row, api::DatasetFormat format)>;
  Result<api::DocumentChange> edit(api::RowId row, const std::string &field, bool joined, const Edit &change);
  Result<api::DocumentChange> setRows(const std::vector<uint32_t> &positions, const std::vector<JournalText> &texts,
                                      const std::string &field, bool joined);
  Result<api::DocumentChange> changeOrder(const std::vector<uint32_t> &taken, const std::vector<uint32_t> &put,
                                          const std::vector<RowOrigin> &origins, const std::string *text);
  Result<api::DocumentChange> step(bool back);
  Result<api::DocumentChange> addRow(const Json &row, int64_t position);
  void tellForeignChange();
  using MakeStep = std::function<std::optional<EditStep>(const std::vector<TextRef> &texts)>;
  Result<api::DocumentChange> commit(const std::vector<JournalText> &texts, bool joined, const MakeStep &make);
  api::DocumentChange noteChange(const EditStep &step);
  /// The text to keep for a row, checked against what a row and the file's layout can hold.
  Result<std::string> spell(const Json &row, size_t position) const;
  /// A row's place as errors name it.
  std::string place(size_t position) const { return m_path + ":" + std::to_string(position + 1); }
  Error noSuchRow() const;
  Status checkTarget(const std::string &path, bool overwrite) const;
  DocumentRows rows() const;
  RowMeasure measureOf(api::RowId row) const;
  api::DocumentSurvey summary(const RowLens &lens, const DocumentRows &all, const std::vector<RowMeasure> &measured) const;
  void remeasure(const EditStep &step);
  api::DatasetFormat format() const;
  data::RowLayout layout() const { return m_texts->file().source->layout(); }

  const std::string m_path;
  const std::shared_ptr<EditJournal> m_journal;
  const api::DatasetFormat m_emptyFormat;
  const std::shared_ptr<TokenizerCache> m_tokenizers;
  std::mutex m_saving; // held by whoever writes the file or reads it anew; taken before m_change
  std::mutex m_change; // held by whoever changes; taken before m_state
  mutable std::mutex m_state;
  std::shared_ptr<RowTexts> m_texts;
  std::unique_ptr<RowTable> m_table;
  FileStamp m_stamp;                 // guarded by m_saving, as the next three
  std::optional<uint64_t> m_content; // contentSum of the file with this stamp
  uint64_t m_savedMark = 0;          // of the Moment saved last, as its state
  uint64_t m_savedState = 0;
  bool m_replayed = false; // until then the journal may hold edits that are not in the table
  uint64_t m_revision = 0;
  int64_t m_recovered = 0;
  std::string m_fileProblem;
  std::function<void()> m_told;
  std::shared_ptr<const RowLens> m_lens; // of the last survey
  std::vector<RowMeasure> m_measures;    // by id, once there was a survey
};

} // namespace attune::store
