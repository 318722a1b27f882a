#include "ui/models/dataset_session.h"

#include "ui/models/error_text.h"

#include <algorithm>
#include <future>

namespace attune::ui {

namespace {

constexpr qsizetype kKeptGlances = 20000;

const api::RowOrder &noRows() {
  static const api::RowOrder none = std::make_shared<const std::vector<api::RowId>>();
  return none;
}

/// Any row may be another now.
api::DocumentChange everything() { return {{}, 1, true}; }

bool sameLens(const api::RunConfig &a, const api::RunConfig &b) {
  return a.model == b.model && a.templateName == b.templateName && a.maxLength == b.maxLength && a.trainOn == b.trainOn;
}

} // namespace

DatasetSession::DatasetSession(const Services &services, QObject *parent)
    : QObject(parent), m_services(services), m_view(noRows()), m_quick(std::make_unique<TaskRunner>(nullptr, 1)) {
  m_poll.setInterval(100);
  connect(&m_poll, &QTimer::timeout, this, &DatasetSession::workChanged);
  m_still.setSingleShot(true);
  m_still.setInterval(500);
  connect(&m_still, &QTimer::timeout, this, &DatasetSession::addUp);
}

/// A conversation may be added to the open dataset from Chat.
void DatasetSession::listen() {
  m_foreign = std::make_shared<Wake>(this, [this] {
    if (m_document) onChange(everything(), {}, false);
  });
  m_document->onForeignChange([foreign = m_foreign] { foreign->call(); });
}

void DatasetSession::stopListening() {
  if (!m_document) return;
  m_document->onForeignChange({});
  m_foreign->cut();
}

void DatasetSession::addUp() {
  if (!m_document || !m_survey) return;
  m_adding = m_quick->run(
      this, [document = m_document](StopToken) { return document->surveyNow(); },
      [this](std::optional<api::DocumentSurvey> survey) {
        if (!m_survey) return;
        if (!survey) return countTokens(); // some figures have to be found first
        m_survey = std::move(survey);
        Q_EMIT surveyed();
      });
}

DatasetSession::~DatasetSession() {
  stopListening();
  flush();
}

void DatasetSession::flush() {
  Q_EMIT textsWanted();
  keepTyped();
  if (m_pending.empty()) return;
  const auto written = std::make_shared<std::promise<void>>();
  const Task last = m_quick->run(
      this,
      [written](StopToken) {
        written->set_value();
        return true;
      },
      [](bool) {});
  written->get_future().wait_for(std::chrono::seconds(5));
  if (std::exchange(m_savesAsked, 0) > 0 && m_document) static_cast<void>(m_document->save(false)({}, {}));
}

std::shared_ptr<std::atomic<double>> DatasetSession::begin(Work work) {
  Activity &activity = m_activities[work];
  activity.task.cancel();
  activity.share = std::make_shared<std::atomic<double>>(-1);
  m_poll.start();
  Q_EMIT workChanged();
  return activity.share;
}

void DatasetSession::end(Work work) {
  m_activities.erase(work);
  if (m_activities.empty()) m_poll.stop();
  Q_EMIT workChanged();
}

template <typename Act, typename Done> void DatasetSession::start(Work work, Act act, Done done) {
  if (work > Work::Opening && work != Work::Saving && m_activities.count(work))
    return Q_EMIT failed(tr("The last one is still under way. Wait for its end."));
  const api::DocumentProgress progress = [share = begin(work)](int64_t ready, int64_t total) {
    if (total > 0) share->store(static_cast<double>(ready) / static_cast<double>(total));
  };
  m_activities[work].task = m_long.run(
      this,
      [document = m_document, act = std::move(act), progress](const StopToken &stop) mutable { return act(*document, stop, progress); },
      [this, work, done = std::move(done)](auto result) mutable {
        end(work);
        done(std::move(result));
      });
}

void DatasetSession::cancelWork() {
  if (!m_activities.empty()) end(work());
}

void DatasetSession::open(const QString &path) {
  if (!m_services.datasets) return;
  begin(Work::Opening);
  m_activities[Work::Opening].task = m_long.run(
      this, [store = m_services.datasets, path = path.toStdString()](const StopToken &stop) { return store->open(path, stop); },
      [this](Result<std::shared_ptr<api::DatasetDocument>> document) {
        end(Work::Opening);
        if (!document.ok()) return Q_EMIT failed(errorText(document.error()));
        close();
        m_document = std::move(*document);
        m_state = m_document->state();
        m_view = m_state.order;
        listen();
        Q_EMIT opened();
        Q_EMIT viewChanged();
        Q_EMIT stateChanged();
        countTokens();
      });
}

void DatasetSession::close() {
  if (!m_document) return;
  Q_EMIT textsWanted();
  keepTyped();
  m_typed.clear();
  m_activities.clear();
  m_poll.stop();
  m_glancing.cancel();
  m_adding.cancel();
  stopListening();
  m_document.reset();
  m_state = {};
  m_view = noRows();
  m_query = {};
  m_sort = api::RowSort::File;
  m_descending = false;
  m_survey.reset();
  m_glances.clear();
  m_wanted.clear();
  m_requesting = false;
  m_savesAsked = 0;
  Q_EMIT closed();
  Q_EMIT viewChanged();
  Q_EMIT stateChanged();
  Q_EMIT workChanged();
}

int DatasetSession::viewIndex(api::RowId row) const {
  if (m_view == m_state.order) return static_cast<int>(number(row)) - 1;
  const auto found = std::find(m_view->begin(), m_view->end(), row);
  return found == m_view->end() ? -1 : static_cast<int>(found - m_view->begin());
}

qint64 DatasetSession::number(api::RowId row) const {
  if (m_numbered != m_state.order) {
    m_numbered = m_state.order;
    m_numbers.assign(m_numbers.size(), 0);
    for (size_t i = 0; i < m_numbered->size(); ++i) {
      const api::RowId id = (*m_numbered)[i];
      if (id >= m_numbers.size()) m_numbers.resize(id + size_t(1));
      m_numbers[id] = static_cast<uint32_t>(i + 1);
    }
  }
  return row < m_numbers.size() ? m_numbers[row] : 0;
}

void DatasetSession::setQuery(const api::DocumentQuery &query) {
  m_query = query;
  m_searchRefused = false;
  look();
}

void DatasetSession::setSort(api::RowSort sort, bool descending) {
  if (sort == m_sort && descending == m_descending) return;
  m_sort = sort;
  m_descending = descending;
  look();
}

void DatasetSession::look() {
  if (!m_document) return;
  if (isFileOrder()) {
    m_activities.erase(Work::Searching);
    m_view = m_state.order;
    Q_EMIT workChanged();
    return Q_EMIT viewChanged();
  }
  start(
      Work::Searching,
      [query = m_query, sort = m_sort, descending = m_descending](api::DatasetDocument &document, const StopToken &stop,
                                                                  const api::DocumentProgress &progress) {
        return document.find(query, sort, descending, stop, progress);
      },
      [this](Result<std::vector<api::RowId>> rows) {
        const bool told = std::exchange(m_searchRefused, !rows.ok()); // edits and counts search again by themselves
        if (!rows.ok()) {
          if (!told) Q_EMIT failed(searchErrorText(rows.error()));
          return;
        }
        m_view = std::make_shared<const std::vector<api::RowId>>(std::move(*rows));
        Q_EMIT viewChanged();
      });
}

const api::RowGlance *DatasetSession::glance(api::RowId row) {
  const auto found = m_glances.constFind(row);
  if (found != m_glances.constEnd()) return &*found;
  m_wanted.push_back(row);
  if (!m_requesting) {
    m_requesting = true;
    QMetaObject::invokeMethod(this, &DatasetSession::requestGlances, Qt::QueuedConnection);
  }
  return nullptr;
}

void DatasetSession::requestGlances() {
  if (!m_document || m_wanted.empty()) {
    m_requesting = false;
    return;
  }
  m_glancing = m_quick->run(
      this, [document = m_document, rows = std::exchange(m_wanted, {})](StopToken) { return document->glances(rows); },
      [this](const std::vector<api::RowGlance> &glances) {
        if (m_glances.size() > kKeptGlances) m_glances.clear();
        for (const api::RowGlance &glance : glances) m_glances.insert(glance.id, glance);
        m_requesting = false;
        Q_EMIT glancesArrived();
      });
}

std::optional<api::RowId> DatasetSession::nextProblem(std::optional<api::RowId> row, int step) const {
  const auto count = static_cast<int>(m_view->size());
  const int from = row ? viewIndex(*row) : -1;
  for (int i = 1; i <= count; ++i) {
    const int at = ((from < 0 && step < 0 ? 0 : from) + step * i % count + 2 * count) % count;
    const api::RowId candidate = (*m_view)[static_cast<size_t>(at)];
    const api::RowFigures known = m_document->figures(candidate);
    if (known.errors > 0 || known.warnings > 0) return candidate;
  }
  return std::nullopt;
}

Task DatasetSession::read(QObject *context, api::RowId row, std::function<void(const Result<api::DatasetRow> &)> done) {
  return m_quick->run(
      context, [document = m_document, row](StopToken) { return document->row(row); }, std::move(done));
}

Task DatasetSession::readTokens(QObject *context, api::RowId row, std::function<void(const Result<api::RowTokens> &)> done) {
  return m_quick->run(
      context, [document = m_document, row, lens = m_lens](StopToken) { return document->tokens(row, lens); }, std::move(done));
}

void DatasetSession::edit(Edit edit, EditDone done) { post(std::move(edit), std::move(done), false); }

void DatasetSession::undo() {
  post([](api::DatasetDocument &document) { return document.undo(); }, {}, true);
}

void DatasetSession::redo() {
  post([](api::DatasetDocument &document) { return document.redo(); }, {}, true);
}

void DatasetSession::type(api::RowId row, const std::string &path, const std::string &text, bool joined, EditDone done) {
  if (!m_document) return;
  const Place place(row, path);
  Typed &typed = m_typed[place];
  typed.text = text;
  typed.done = std::move(done);
  sendTyped(place, joined);
}

void DatasetSession::keepTyped() {
  std::vector<Place> failed;
  for (const auto &[place, typed] : m_typed)
    if (typed.asked == 0) failed.push_back(place);
  for (const Place &place : failed) sendTyped(place, false);
}

void DatasetSession::sendTyped(const Place &place, bool joined) {
  Typed &typed = m_typed[place];
  ++typed.asked;
  post(
      [place, text = typed.text, joined](api::DatasetDocument &document) {
        const auto &[row, path] = place;
        return path.empty() ? document.setJson(row, text) : document.setField(row, path, text, joined);
      },
      [this, place, done = typed.done](const std::optional<Error> &error) {
        const auto found = m_typed.find(place);
        const bool last = found != m_typed.end() && --found->second.asked == 0;
        if (last && !(error && error->code == ErrorCode::IoFailed)) m_typed.erase(found);
        if (done) return done(error);
        if (error) Q_EMIT failed(errorText(*error));
      },
      false);
}

const std::string *DatasetSession::typed(api::RowId row, const std::string &path) const {
  const auto found = m_typed.find({row, path});
  return found == m_typed.end() ? nullptr : &found->second.text;
}

template <typename Act, typename Done> void DatasetSession::inOrder(Act act, Done done) {
  if (!m_document) return;
  keepTyped();
  m_pending.push_back(m_quick->run(
      this, [document = m_document, act = std::move(act)](StopToken) { return act(*document); },
      [this, document = m_document, done = std::move(done)](const auto &result) {
        m_pending.pop_front();
        if (document == m_document) done(result);
      }));
}

void DatasetSession::post(Edit edit, EditDone done, bool bringUp) {
  inOrder(std::move(edit),
          [this, done = std::move(done), bringUp](const Result<api::DocumentChange> &change) { onChange(change, done, bringUp); });
}

void DatasetSession::afterEdits(std::function<void()> act) {
  inOrder([](api::DatasetDocument &) { return true; }, [act = std::move(act)](bool) { act(); });
}

void DatasetSession::onChange(const Result<api::DocumentChange> &change, const EditDone &done, bool bringUp) {
  const uint64_t before = m_state.revision;
  m_state = m_document->state();
  if (done)
    done(change.ok() ? std::nullopt : std::optional(change.error()));
  else if (!change.ok())
    Q_EMIT failed(errorText(change.error()));
  if (change.ok()) {
    if (change->count > static_cast<int64_t>(change->rows.size())) m_glances.clear();
    for (const api::RowId row : change->rows) m_glances.remove(row);
    if (change->orderChanged) look();
    if (m_state.revision != before) Q_EMIT changed(*change);
    if (bringUp || change->orderChanged) Q_EMIT broughtUp(*change);
    m_still.start();
  }
  Q_EMIT stateChanged();
}

void DatasetSession::discardChanges() {
  m_typed.clear();
  edit([](api::DatasetDocument &document) -> Result<api::DocumentChange> {
    ATTUNE_CHECK(document.discardChanges());
    return everything();
  });
}

void DatasetSession::replaceAll(const std::string &pattern, const std::string &replacement, bool regex, bool matchCase) {
  afterEdits([=, this] {
    start(
        Work::Replacing,
        [=, rows = m_view](api::DatasetDocument &document, const StopToken &stop, const api::DocumentProgress &progress) {
          return document.replaceAll(*rows, pattern, replacement, regex, matchCase, stop, progress);
        },
        [this](const Result<api::DocumentChange> &change) {
          onChange(
              change,
              [this](const std::optional<Error> &error) {
                if (error) Q_EMIT failed(searchErrorText(*error));
              },
              false);
          if (change.ok()) Q_EMIT replaced(change->count);
        });
  });
}

void DatasetSession::setLens(const api::RunConfig &lens) {
  const bool same = sameLens(lens, m_lens);
  m_lens = lens;
  m_lens.dataset.clear();
  if (!same) countTokens();
}

void DatasetSession::countTokens() {
  m_survey.reset();
  Q_EMIT surveyed();
  if (!m_document) return;
  start(
      Work::Surveying,
      [lens = m_lens](api::DatasetDocument &document, const StopToken &stop, const api::DocumentProgress &progress) {
        return document.survey(lens, stop, progress);
      },
      [this](Result<api::DocumentSurvey> survey) {
        if (!survey.ok()) return Q_EMIT failed(errorText(survey.error()));
        m_survey = std::move(*survey);
        if (m_sort != api::RowSort::File || isFiltered()) look();
        Q_EMIT surveyed();
      });
}

/// Asks in order, so that the work knows what was there then, and does it beside the changes that follow.
template <typename Ask, typename Done> void DatasetSession::write(Work work, Ask ask, Done done) {
  inOrder(std::move(ask), [this, work, done = std::move(done)](auto task) {
    if (work == Work::Saving) m_savesAsked = std::max(0, m_savesAsked - 1);
    start(
        work,
        [task = std::move(task)](api::DatasetDocument &, const StopToken &stop, const api::DocumentProgress &progress) {
          return task(stop, progress);
        },
        done);
  });
}

void DatasetSession::save(bool force) {
  if (!m_document) return;
  ++m_savesAsked;
  write(
      Work::Saving,
      [force](api::DatasetDocument &document) -> api::DocumentWork<Status> {
        return [save = document.save(force)](const StopToken &, const api::DocumentProgress &progress) {
          return save({}, progress); // also when the window closes meanwhile
        };
      },
      [this, force](const Status &status) { onSaved(status, force); });
}

void DatasetSession::onSaved(const Status &status, bool force) {
  const api::RowOrder before = m_state.order;
  m_state = m_document->state();
  if (m_state.order != before) look();
  Q_EMIT stateChanged();
  if (m_savesAsked > 0) return; // the last one tells
  const bool held = std::any_of(m_typed.begin(), m_typed.end(), [](const auto &one) { return one.second.asked == 0; });
  if (status.ok() && held)
    return Q_EMIT failed(tr("Saved without what you typed last: it could not be kept safe. Make room on the disk and save again."));
  if (status.ok()) return Q_EMIT saved();
  if (status.error().code == ErrorCode::Usage && !force) return Q_EMIT conflict(false);
  if (status.error().code == ErrorCode::FileNotFound && !force) return Q_EMIT conflict(true);
  Q_EMIT failed(errorText(status.error()));
}

void DatasetSession::exportTo(const QString &path, api::DatasetFormat format) {
  write(
      Work::Exporting,
      [target = path.toStdString(), format](api::DatasetDocument &document) { return document.exportTo(target, format, true); },
      [this, path](const Status &status) {
        if (!status.ok()) return Q_EMIT failed(errorText(status.error()));
        Q_EMIT exported(path);
      });
}

void DatasetSession::split(const api::SplitTarget &target) {
  write(
      Work::Splitting, [target](api::DatasetDocument &document) { return document.split(target); },
      [this](const Result<std::pair<int64_t, int64_t>> &rows) {
        if (!rows.ok()) return Q_EMIT failed(errorText(rows.error()));
        Q_EMIT wasSplit(rows->first, rows->second);
      });
}

} // namespace attune::ui
