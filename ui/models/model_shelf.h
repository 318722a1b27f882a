// The models on this machine as the window shows them: found, then described one after the other, then judged by the planner.
// GUI thread; the work is done on service threads, one model at a time, and ends when it is stopped or asked for again.
#pragma once

#include "ui/models/engine_gate.h"

#include <QObject>

#include <optional>
#include <vector>

namespace attune::ui {

enum class ModelFit { Unknown, Fits, FitsSmaller, TooLarge };

/// LoRA with the settings that the form begins with.
struct FitJudgement {
  ModelFit fit = ModelFit::Unknown;
  api::Forecast forecast; // with those settings
  QString failure;        // why nothing can be said
};

struct ShelfModel {
  api::ModelCard card;
  bool described = false;
  std::optional<FitJudgement> judged;
  QString path() const { return QString::fromStdString(card.place.path); }
};

class ModelShelf : public QObject {
  Q_OBJECT

public:
  ModelShelf(const Services &services, TaskRunner &tasks, EngineGate &gate, QObject *parent = nullptr);
  const std::vector<ShelfModel> &models() const { return m_models; }
  const ShelfModel *find(const QString &path) const;
  bool known() const { return m_known; } // the models were looked for once
  bool isBusy() const { return m_finding || m_working; }
  /// How many of the models are described.
  int described() const;
  /// Looks for the models, and for those pickers that offer them; `describe` also reads and judges each.
  void refresh(bool describe = true);
  void stop();
  void add(const QString &path);
  /// Takes it off the list, or moves it to the trash where it lies in the workspace; removed() tells how to get it back.
  void remove(const QString &path);

Q_SIGNALS:
  void listChanged();
  void modelChanged(const QString &path);
  void added(const QString &path);
  void removed(const QString &name, bool trashed, const std::function<void()> &undo);
  void failed(const QString &message);

private:
  void takeFound(const std::vector<api::ModelPlace> &places);
  void next();
  void judge(size_t index);
  void putBack(const QString &path, const QString &trashed);

  const Services &m_services;
  TaskRunner &m_tasks;
  EngineGate &m_gate;
  Task m_looking, m_reading, m_changing;
  std::vector<ShelfModel> m_models;
  bool m_known = false, m_finding = false, m_working = false, m_describe = false;
};

/// The name of a model's folder or file, without .gguf.
QString modelName(const api::ModelCard &card);
/// "134.5 M", "7.5 B".
QString parametersText(qint64 count);
/// "Llama" for "LlamaForCausalLM".
QString architectureName(const api::ModelCard &card);

} // namespace attune::ui
