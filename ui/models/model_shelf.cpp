#include "ui/models/model_shelf.h"

#include "core/api/run_config.h"
#include "ui/models/error_text.h"
#include "ui/models/run_text.h"
#include "ui/models/trash.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace attune::ui {

namespace {

FitJudgement judgeFit(api::Planner &planner, const std::string &model) {
  api::RunConfig config;
  config.model = model;
  FitJudgement judged;
  const Result<api::Forecast> forecast = planner.forecast(config);
  if (!forecast.ok()) {
    judged.failure = errorText(forecast.error());
    return judged;
  }
  judged.forecast = *forecast;
  judged.fit = ModelFit::Fits;
  if (forecast->fits()) return judged;
  const Result<api::FitProposal> smaller = planner.fit(config);
  judged.fit = smaller.ok() && smaller->fits ? ModelFit::FitsSmaller : ModelFit::TooLarge;
  return judged;
}

} // namespace

ModelShelf::ModelShelf(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent)
    : QObject(parent), m_services(services), m_tasks(tasks), m_gate(gate) {
  connect(&m_gate, &EngineGate::ready, this, [this] {
    if (!m_working) next();
  });
}

const ShelfModel *ModelShelf::find(const QString &path) const {
  const auto found = std::find_if(m_models.begin(), m_models.end(), [&](const ShelfModel &model) { return model.path() == path; });
  return found == m_models.end() ? nullptr : &*found;
}

int ModelShelf::described() const {
  return static_cast<int>(std::count_if(m_models.begin(), m_models.end(), [](const ShelfModel &model) { return model.described; }));
}

void ModelShelf::refresh(bool describe) {
  if (!m_services.models) return;
  m_describe = m_describe || describe;
  m_finding = true;
  m_working = false;
  m_reading.cancel();
  m_looking = m_tasks.run(
      this, [library = m_services.models](StopToken stop) { return library->find(stop); },
      [this](Result<std::vector<api::ModelPlace>> places) {
        m_finding = false;
        m_known = true;
        if (!places.ok()) {
          Q_EMIT listChanged();
          Q_EMIT failed(errorText(places.error()));
          return;
        }
        takeFound(*places);
      });
  Q_EMIT listChanged();
}

/// What was read before stays in sight until it is read again.
void ModelShelf::takeFound(const std::vector<api::ModelPlace> &places) {
  std::vector<ShelfModel> models;
  for (const api::ModelPlace &place : places) {
    const ShelfModel *old = find(QString::fromStdString(place.path));
    models.push_back(old ? *old : ShelfModel{});
    models.back().card.place = place;
    models.back().described = false;
  }
  m_models = std::move(models);
  Q_EMIT listChanged();
  if (m_describe) next();
}

void ModelShelf::stop() {
  m_looking.cancel();
  m_reading.cancel();
  m_finding = m_working = m_describe = false;
  m_known = true;
  Q_EMIT listChanged();
}

/// One at a time: the service threads have other work, and a card is there in milliseconds.
void ModelShelf::next() {
  m_working = false;
  if (!m_describe) return;
  for (const ShelfModel &model : m_models) {
    if (model.described) continue;
    m_working = true;
    m_reading = m_tasks.run(
        this, [library = m_services.models, place = model.card.place](StopToken) { return library->describe(place); },
        [this](api::ModelCard card) {
          const QString path = QString::fromStdString(card.place.path);
          for (ShelfModel &one : m_models)
            if (one.path() == path) {
              one.card = std::move(card);
              one.described = true;
              one.judged.reset();
            }
          Q_EMIT modelChanged(path);
          next();
        });
    return;
  }
  for (size_t i = 0; i < m_models.size(); ++i)
    if (m_gate.engine() && !m_models[i].judged && !m_models[i].card.refusal) return judge(i);
  Q_EMIT listChanged();
}

void ModelShelf::judge(size_t index) {
  m_working = true;
  m_reading = m_tasks.run(
      this, [planner = &m_gate.engine()->planner(), path = m_models[index].card.place.path](StopToken) { return judgeFit(*planner, path); },
      [this, path = m_models[index].path()](FitJudgement judged) {
        for (ShelfModel &one : m_models)
          if (one.path() == path) one.judged = std::move(judged);
        Q_EMIT modelChanged(path);
        next();
      });
}

void ModelShelf::add(const QString &path) {
  if (!m_services.models) return;
  m_changing = m_tasks.run(
      this, [library = m_services.models, path = path.toStdString()](StopToken stop) { return library->add(path, stop); },
      [this](Result<std::vector<std::string>> found) {
        if (!found.ok()) return Q_EMIT failed(errorText(found.error()));
        Q_EMIT added(QString::fromStdString(found->front()));
        refresh();
      });
}

void ModelShelf::remove(const QString &path) {
  const ShelfModel *model = find(path);
  if (!model) return;
  struct Gone {
    Status status;
    QString trashed;
  };
  const bool trash = model->card.place.inWorkspace;
  m_changing = m_tasks.run(
      this,
      [library = m_services.models, path, trash](StopToken) -> Gone {
        if (!trash) return {library->remove(path.toStdString()), {}};
        return {{}, moveToTrash(path)};
      },
      [this, path, trash, name = modelName(model->card)](const Gone &gone) {
        if (!gone.status.ok()) return Q_EMIT failed(errorText(gone.status.error()));
        if (trash && gone.trashed.isEmpty())
          return Q_EMIT failed(tr("%1 could not be moved to the trash. Delete its folder by hand.").arg(name));
        Q_EMIT removed(name, trash, [this, path, trashed = gone.trashed] { putBack(path, trashed); });
        refresh();
      });
}

void ModelShelf::putBack(const QString &path, const QString &trashed) {
  if (trashed.isEmpty()) return add(path);
  m_changing = m_tasks.run(
      this, [path, trashed](StopToken) { return takeFromTrash(trashed, path); },
      [this, path](bool back) {
        if (!back) return Q_EMIT failed(tr("The model could not be taken out of the trash. It is still there."));
        Q_EMIT added(path);
        refresh();
      });
}

QString modelName(const api::ModelCard &card) { return shortName(card.place.path); }

QString parametersText(qint64 count) {
  const double billions = static_cast<double>(count) / 1e9;
  const QLocale locale;
  return billions >= 1 ? ModelShelf::tr("%1 B", "billions of parameters").arg(locale.toString(billions, 'f', 1))
                       : ModelShelf::tr("%1 M", "millions of parameters").arg(locale.toString(billions * 1000, 'f', 1));
}

QString architectureName(const api::ModelCard &card) {
  return QString::fromStdString(card.architecture).remove(QStringLiteral("ForCausalLM"));
}

} // namespace attune::ui
