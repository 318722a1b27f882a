// What the composition root gives the window: the places it may ask, as interfaces. Plain pointers; the root owns all of it
// and outlives the window.
#pragma once

#include "core/api/cluster_run.h"
#include "core/api/conversation_store.h"
#include "core/api/dataset_document.h"
#include "core/api/engine.h"
#include "core/api/model_library.h"
#include "core/api/run_store.h"
#include "core/api/token_preview.h"

#include <functional>
#include <string>

namespace attune::ui {

class PromptDesk;

struct Services {
  api::RunStore *runs = nullptr;
  api::TokenPreview *preview = nullptr;
  api::ConversationStore *conversations = nullptr;
  api::DatasetStore *datasets = nullptr;
  api::ModelLibrary *models = nullptr;
  api::ClusterService *clusters = nullptr; // null in a program built without the supercomputer client
  PromptDesk *prompts = nullptr;           // where the clusters' questions arrive; there whenever they are
  /// Loads the engine; blocking, called at most once at a time and on a service thread. The engine lives as long as the process.
  std::function<Result<api::Engine *>()> openEngine;
  std::string workspace;    // where runs, models and datasets of this person lie
  std::string resources;    // presets and sample rows that ship
  std::string starterModel; // empty when set-up did not fetch it
};

} // namespace attune::ui
