// The dataset that the Data page has open: which rows its table shows, what is known of them, and every change on its way
// to the file. GUI thread. Changes reach the document in order on a thread of their own, so a long search never holds a
// keystroke up; what cannot be done is told by failed().
#pragma once

#include "ui/bridge/task_runner.h"
#include "ui/bridge/wake.h"
#include "ui/services.h"

#include <QHash>
#include <QObject>
#include <QString>
#include <QTimer>

#include <atomic>
#include <deque>
#include <map>

namespace attune::ui {

class DatasetSession : public QObject {
  Q_OBJECT

public:
  using Edit = std::function<Result<api::DocumentChange>(api::DatasetDocument &)>;
  using EditDone = std::function<void(const std::optional<Error> &)>;
  enum class Work { None, Surveying, Searching, Opening, Replacing, Splitting, Exporting, Saving };

  explicit DatasetSession(const Services &services, QObject *parent = nullptr);
  ~DatasetSession() override;
  /// Waits until what was typed is in the journal, and a save asked for a moment ago in the file; before the program ends.
  void flush();

  void open(const QString &path);
  void close();
  bool isOpen() const { return m_document != nullptr; }
  const api::DocumentState &state() const { return m_state; }
  QString path() const { return QString::fromStdString(m_state.path); }

  /// The rows the table shows, in its order.
  const std::vector<api::RowId> &view() const { return *m_view; }
  /// Where a row stands in the view; -1 when it does not.
  int viewIndex(api::RowId row) const;
  bool isFiltered() const { return !m_query.text.empty() || m_query.onlyErrors || m_query.onlyWarnings || m_query.onlyOverLength; }
  /// A row's place in the file, from 1.
  qint64 number(api::RowId row) const;
  /// Whether the view is the file's own order, so that rows can be moved in it.
  bool isFileOrder() const { return !isFiltered() && m_sort == api::RowSort::File && !m_descending; }
  void setQuery(const api::DocumentQuery &query);
  void setSort(api::RowSort sort, bool descending);

  /// What the table shows of a row; null until it has been read, which glancesArrived() tells.
  const api::RowGlance *glance(api::RowId row);
  api::RowFigures figures(api::RowId row) const { return m_document->figures(row); }
  /// The next row of the view, after `row`, with a problem; before it with `step` -1. Nothing when there is none.
  std::optional<api::RowId> nextProblem(std::optional<api::RowId> row, int step) const;

  /// Reads a row as it stands after all changes asked for so far.
  [[nodiscard]] Task read(QObject *context, api::RowId row, std::function<void(const Result<api::DatasetRow> &)> done);
  [[nodiscard]] Task readTokens(QObject *context, api::RowId row, std::function<void(const Result<api::RowTokens> &)> done);

  /// `done` hears how it went, and then failed() does not.
  void edit(Edit edit, EditDone done = {});
  /// What was typed into a text of a row or, without a path, its JSON. While it cannot be kept safe it is held here and asked
  /// for again, `done` included, before anything else that is asked for, and by keepTyped().
  void type(api::RowId row, const std::string &path, const std::string &text, bool joined, EditDone done = {});
  void keepTyped();
  /// What was typed into a text and is not in the journal yet; null when nothing is.
  const std::string *typed(api::RowId row, const std::string &path) const;
  bool hasUnsaved() const { return m_state.changed || !m_typed.empty(); }
  void undo();
  void redo();
  void discardChanges();
  void replaceAll(const std::string &pattern, const std::string &replacement, bool regex, bool matchCase);

  /// The model, template and length the tokens are counted under; counts again when they differ.
  void setLens(const api::RunConfig &lens);
  const api::RunConfig &lens() const { return m_lens; }
  const std::optional<api::DocumentSurvey> &survey() const { return m_survey; }

  /// What is written holds the changes asked for so far, and none that come while it is written.
  void save(bool force = false);
  void exportTo(const QString &path, api::DatasetFormat format);
  void split(const api::SplitTarget &target);

  /// What takes its time just now, the weightiest first, and how far it is (0 to 1; negative: unknown).
  Work work() const { return m_activities.empty() ? Work::None : m_activities.rbegin()->first; }
  double progress() const { return m_activities.empty() ? -1 : m_activities.rbegin()->second.share->load(); }
  void cancelWork();

Q_SIGNALS:
  void opened();
  /// What is typed and held back for a moment has to be asked for now.
  void textsWanted();
  void closed();
  void changed(const attune::api::DocumentChange &change);
  /// Rows to look at, because an undo, a redo or a change of order touched them; follows changed().
  void broughtUp(const attune::api::DocumentChange &change);
  void stateChanged();
  void viewChanged();
  void glancesArrived();
  void surveyed();
  void workChanged();
  void failed(const QString &message);
  void saved(); // all that was asked for
  /// The file on disk was changed or deleted by another program; save(true) writes it all the same.
  void conflict(bool deleted);
  void replaced(qint64 rows);
  void exported(const QString &path);
  void wasSplit(qint64 train, qint64 validation);

private:
  using Place = std::pair<api::RowId, std::string>; // a text of a row
  struct Typed {
    std::string text;
    EditDone done;
    int asked = 0; // how often, of what is still under way; none: it failed
  };
  struct Activity {
    std::shared_ptr<std::atomic<double>> share;
    Task task;
  };
  std::shared_ptr<std::atomic<double>> begin(Work work);
  void end(Work work);
  template <typename Act, typename Done> void start(Work work, Act act, Done done);
  template <typename Act, typename Done> void inOrder(Act act, Done done);
  template <typename Ask, typename Done> void write(Work work, Ask ask, Done done);
  void sendTyped(const Place &place, bool joined);
  void post(Edit edit, EditDone done, bool bringUp);
  void onChange(const Result<api::DocumentChange> &change, const EditDone &done, bool bringUp);
  void onSaved(const Status &status, bool force);
  void look();
  void requestGlances();
  void countTokens();
  void listen();
  void stopListening();
  void addUp();
  void afterEdits(std::function<void()> act);

  const Services &m_services;
  std::shared_ptr<api::DatasetDocument> m_document;
  api::DocumentState m_state;
  api::RowOrder m_view;
  api::DocumentQuery m_query;
  bool m_searchRefused = false; // and told: once for what a person asked
  api::RowSort m_sort = api::RowSort::File;
  bool m_descending = false;
  api::RunConfig m_lens;
  std::optional<api::DocumentSurvey> m_survey;
  QHash<api::RowId, api::RowGlance> m_glances;
  std::vector<api::RowId> m_wanted; // glances the table asked for since the last request
  bool m_requesting = false;
  mutable api::RowOrder m_numbered; // the order that m_numbers tells of
  mutable std::vector<uint32_t> m_numbers;
  std::map<Work, Activity> m_activities;
  QTimer m_poll;
  QTimer m_still; // after the last change, to add the figures up anew
  Task m_adding;
  std::shared_ptr<Wake> m_foreign; // how changes made elsewhere reach the GUI thread
  Task m_glancing;
  std::map<Place, Typed> m_typed;      // and not in the journal
  std::deque<Task> m_pending;          // changes on their way, oldest first
  int m_savesAsked = 0;                // and not begun
  TaskRunner m_long;                   // what takes its time
  std::unique_ptr<TaskRunner> m_quick; // one thread: changes, and reads that must see them; last, so that it ends first
};

} // namespace attune::ui
