#include "app/gui/composition.h"

#include "app/module/engine_module.h"
#ifdef ATTUNE_WITH_REMOTE
#include "remote/run/cluster_service.h"
#endif

#include <QDir>
#include <QFileInfo>

namespace attune::app {

namespace {

/// Exported by the engine module.
using OpenEngine = api::Engine *(*)(int64_t threads);

std::string firstExisting(const QStringList &paths) {
  for (const QString &path : paths)
    if (QFileInfo::exists(path)) return QDir::cleanPath(path).toStdString();
  return {};
}

} // namespace

Composition::Composition(const QString &workspace, const QString &program, int threads)
    : m_runs(workspace.toStdString()), m_preview(m_tokenizers), m_datasets(workspace.toStdString(), m_tokenizers),
      m_conversations(workspace.toStdString()), m_models(workspace.toStdString()) {
  const QString starter = QStringLiteral("/SmolLM2-135M-Instruct.Q4_1.gguf");
  m_services.runs = &m_runs;
  m_services.preview = &m_preview;
  m_services.datasets = &m_datasets;
  m_services.models = &m_models;
  m_services.conversations = &m_conversations;
  m_services.workspace = workspace.toStdString();
  m_services.resources = firstExisting({program + QStringLiteral("/../../resources"), program + QStringLiteral("/../share/attune")});
  m_services.starterModel =
      firstExisting({program + QStringLiteral("/../../.deps/models") + starter, workspace + QStringLiteral("/models") + starter});
#ifdef ATTUNE_WITH_REMOTE
  m_clusters = remote::makeClusterService({m_services.workspace, {}, &m_prompts});
  m_services.clusters = m_clusters.get();
  m_services.prompts = &m_prompts;
#endif
  m_services.openEngine = [threads]() -> Result<api::Engine *> {
    const Result<void *> open = engineFunction("attune_engine_open");
    if (!open.ok()) return open.error();
    return reinterpret_cast<OpenEngine>(*open)(threads);
  };
}

} // namespace attune::app
