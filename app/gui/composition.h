// What the window is given: the implementations behind ui's interfaces, for one workspace. Owns them; outlives the window.
#pragma once

#include "core/store/conversation_store.h"
#include "core/store/dataset_store.h"
#include "core/store/local_model_library.h"
#include "core/store/local_token_preview.h"
#include "core/store/run_store.h"
#include "ui/bridge/prompt_desk.h"
#include "ui/services.h"

#include <QString>

#include <memory>

namespace attune::app {

class Composition {
public:
  /// `program` is the folder of the executables, from which resources and the engine module are found; `threads` 0 = every core.
  Composition(const QString &workspace, const QString &program, int threads);
  const ui::Services &services() const { return m_services; }

private:
  std::shared_ptr<store::TokenizerCache> m_tokenizers = std::make_shared<store::TokenizerCache>();
  store::FolderRunStore m_runs;
  store::LocalTokenPreview m_preview;
  store::FolderDatasetStore m_datasets;
  store::FolderConversationStore m_conversations;
  store::LocalModelLibrary m_models;
  ui::PromptDesk m_prompts;
  std::unique_ptr<api::ClusterService> m_clusters; // null without the supercomputer client; asks at m_prompts
  ui::Services m_services;
};

} // namespace attune::app
