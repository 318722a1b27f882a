// One dataset file open for editing: any number of rows, every change undoable and journalled, rows as the model sees them.
// Implemented in core/store. Any thread, guarded inside; calls that read or write a row touch the disk, so the pages make them
// on service threads. A row keeps its id through moves and undo; ids are handed out from 0 in the order of the file.
#pragma once

#include "core/api/token_preview.h"

#include <functional>
#include <memory>
#include <optional>

namespace attune::api {

using RowId = uint32_t;
using RowOrder = std::shared_ptr<const std::vector<RowId>>; // a snapshot, never changed

enum class RowIssue { Error, Warning };

struct RowProblem {
  RowIssue kind = RowIssue::Error;
  std::string field; // as RowField::path; empty for the row as a whole
  std::string code;  // "empty_answer", as in `data check`
  std::string message;
  std::string fix;
};

/// One text of a row that a person may edit.
struct RowField {
  std::string path; // "messages[1].content", "instruction"; names the place in the row's JSON
  std::string name; // the key that holds it: "content", "instruction"
  std::string role; // system, user, assistant, tool; empty for a text without turns
  std::string text;
  int64_t turn = -1; // index for removeTurn and moveTurn; a question and its answer share one in alpaca, where turns go in
                     // pairs; -1 where turns cannot be removed
};

/// A row as it stands now.
struct DatasetRow {
  RowId id = 0;
  DatasetFormat format = DatasetFormat::Auto; // Auto: not understood, only `json` can be edited
  std::string json;                           // the row's text; valid JSON unless the file holds something else
  bool parsed = false;                        // whether `json` is JSON
  std::vector<RowField> fields;
  std::vector<RowProblem> problems;
};

/// What the table shows of a row.
struct RowGlance {
  RowId id = 0;
  std::string text; // the first user turn or the text, one line, at most 200 bytes of whole characters
  int32_t turns = 0;
};

/// Figures of one row under the lens of the last survey; lengths before any cut.
struct RowFigures {
  int32_t turns = 0;
  int32_t tokens = -1; // -1 = not known (no survey yet, or broken)
  int32_t trainedTokens = -1;
  int32_t bytes = 0;
  uint16_t errors = 0;
  uint16_t warnings = 0;
};

struct DocumentState {
  std::string path;
  std::string layout; // "json", "jsonl", "csv", "text"
  DatasetFormat format = DatasetFormat::Auto;
  RowOrder order;
  bool changed = false; // differs from the file
  int64_t undoSteps = 0;
  int64_t redoSteps = 0;
  uint64_t revision = 0;      // grows with every change
  int64_t recoveredEdits = 0; // changes that a journal of an earlier session brought back
  std::string fileProblem;    // what is wrong with the file as a whole; empty when nothing is
};

/// What a change touched, for the view to follow.
struct DocumentChange {
  std::vector<RowId> rows; // changed, inserted or brought back; at most the first 1000
  int64_t count = 0;       // of all of them
  bool orderChanged = false;
};

struct DocumentQuery { // what the search line says; an empty one matches every row
  std::string text;    // words, role:NAME, turns>N, tokens>N, trained<N, /regular expression/, -negated
  bool onlyErrors = false;
  bool onlyWarnings = false;
  bool onlyOverLength = false; // longer than the surveyed max_length
};

enum class RowSort { File, Text, Turns, Tokens, TrainedTokens, Problems };

struct DocumentSurvey {
  LengthSurvey lengths;
  int64_t errorRows = 0;
  int64_t warningRows = 0;
};

struct SplitTarget {
  std::string train;
  std::string validation;
  double fraction = 0.1;
  int64_t seed = 0;
  bool overwrite = false;
};

using DocumentProgress = std::function<void(int64_t done, int64_t total)>;

/// Writes the rows as they stood when it was asked for, while the document may change. Called once, on any thread that may take
/// its time, with the document alive.
template <typename Done> using DocumentWork = std::function<Done(const StopToken &stop, const DocumentProgress &progress)>;

class DatasetDocument {
public:
  virtual ~DatasetDocument() = default;

  /// `told` is called, on any thread and outside all locks, after a change that the caller did not make here, such as
  /// DatasetStore::append. One listener; an empty function ends it, after which a call that was under way may still come.
  virtual void onForeignChange(std::function<void()> told) = 0;

  /// Never blocks on the disk.
  virtual DocumentState state() const = 0;
  virtual RowFigures figures(RowId row) const = 0;

  /// Its problems are those that figures() counts under the lens of the last survey.
  virtual Result<DatasetRow> row(RowId row) = 0;
  /// In the order of `rows`; a row that cannot be read has an empty text.
  virtual std::vector<RowGlance> glances(const std::vector<RowId> &rows) = 0;
  /// The row as it stands now, tokenised under `lens` (model, template, max_length, train_on; its datasets do not count).
  virtual Result<RowTokens> tokens(RowId row, const RunConfig &lens) = 0;

  // Changes. Each is one step of undo, except that texts typed one after another into the same field join into one step
  // while `joined` is true. Invalid ids, paths and positions are InvalidData; a full disk is IoFailed and changes nothing.
  virtual Result<DocumentChange> setField(RowId row, const std::string &path, const std::string &text, bool joined) = 0;
  virtual Result<DocumentChange> setRole(RowId row, int64_t turn, const std::string &role) = 0;
  /// Any JSON value; InvalidData names the place where the text is not JSON.
  virtual Result<DocumentChange> setJson(RowId row, const std::string &json) = 0;
  /// Before the turn at `at`, or at the end; a pair of turns in alpaca.
  virtual Result<DocumentChange> addTurn(RowId row, int64_t at, const std::string &role) = 0;
  virtual Result<DocumentChange> removeTurn(RowId row, int64_t turn) = 0;
  virtual Result<DocumentChange> moveTurn(RowId row, int64_t turn, int64_t to) = 0;
  /// A row of the file's format before `position`; `json` empty makes a blank one.
  virtual Result<DocumentChange> insertRow(int64_t position, const std::string &json) = 0;
  /// Each copy stands behind its row.
  virtual Result<DocumentChange> duplicateRows(const std::vector<RowId> &rows) = 0;
  virtual Result<DocumentChange> removeRows(const std::vector<RowId> &rows) = 0;
  /// Puts the rows, in the order of the document, before the row that stands at `position` now.
  virtual Result<DocumentChange> moveRows(const std::vector<RowId> &rows, int64_t position) = 0;
  /// In all texts of the given rows; `pattern` is a plain text or, `regex`, a PCRE2 expression whose groups are $1 to $9.
  virtual Result<DocumentChange> replaceAll(const std::vector<RowId> &rows, const std::string &pattern, const std::string &replacement,
                                            bool regex, bool matchCase, const StopToken &stop, const DocumentProgress &progress) = 0;
  virtual Result<DocumentChange> undo() = 0; // an empty change when there is nothing to undo
  virtual Result<DocumentChange> redo() = 0;

  /// The ids of the rows that match, in `sort`'s order. InvalidData for a bad expression.
  virtual Result<std::vector<RowId>> find(const DocumentQuery &query, RowSort sort, bool descending, const StopToken &stop,
                                          const DocumentProgress &progress) = 0;
  /// Tokenises and judges every row under `lens`; figures() then knows them, and keeps up with changes of up to 1000 rows (those
  /// of larger changes, and tokens of rows over 256 KiB, are not known again until the next survey). Without a model in the lens
  /// rows are only judged.
  virtual Result<DocumentSurvey> survey(const RunConfig &lens, const StopToken &stop, const DocumentProgress &progress) = 0;

  /// The survey of the rows as they stand now, added up from the figures that are known: milliseconds for a million rows, no row
  /// read but the first broken one. Nothing when the figures of some row are not known; survey() finds them.
  virtual std::optional<DocumentSurvey> surveyNow() = 0;

  /// Over the file, atomically; what stood there before the first save is kept as PATH.orig. Usage when another program
  /// changed the file meanwhile and FileNotFound when it was deleted, unless `force`; a new time alone is no change. Rows that
  /// were not changed stay byte for byte. Rows that another program wrote over in place are taken out with `force`: the history
  /// ends then and state().fileProblem tells of it. What was changed while it ran is unsaved still.
  virtual DocumentWork<Status> save(bool force) = 0;
  /// As a new file whose ending gives the layout, in `format` (Auto: as the rows are). The document stays where it is.
  virtual DocumentWork<Status> exportTo(const std::string &path, DatasetFormat format, bool overwrite) = 0;
  /// Chosen as `attune data split` chooses them. Returns the number of training and validation rows.
  virtual DocumentWork<Result<std::pair<int64_t, int64_t>>> split(const SplitTarget &target) = 0;
  /// Reads the file anew as it stands, and forgets every change and the journal; ids are handed out anew. Waits for a save.
  virtual Status discardChanges() = 0;
};

/// A dataset file of the workspace, for menus.
struct DatasetEntry {
  std::string path;
  int64_t bytes = 0;
  double changedAt = 0; // seconds since the epoch
  bool hasJournal = false;
};

class DatasetStore {
public:
  virtual ~DatasetStore() = default;
  /// Reads the file's rows and, where one is left from a killed session, its journal. Usage when another window edits it; a
  /// file that is open here gives the same document.
  virtual Result<std::shared_ptr<DatasetDocument>> open(const std::string &path, const StopToken &stop) = 0;
  /// Dataset files below the workspace's datasets folder, by name, and those opened lately.
  virtual std::vector<DatasetEntry> list() = 0;
  /// A new dataset without rows in the workspace's datasets folder; its path. What it is to hold shows in its rows, so `format`
  /// is remembered only until the program ends.
  virtual Result<std::string> create(const std::string &name, DatasetFormat format) = 0;
  /// Adds one row, the messages of a conversation, in the file's own format and layout. A file that is not open here is saved
  /// with it, atomically; to one that is open it comes as a change like any other, undoable and not saved.
  virtual Status append(const std::string &path, const std::vector<std::pair<std::string, std::string>> &rolesAndTexts) = 0;
};

} // namespace attune::api
