// api::ChatModel on this machine: one copy of the weights, the adapter on or off per answer. One thread at a time.
#pragma once

#include "core/api/chat.h"

#include <memory>

namespace attune::core {

Result<std::unique_ptr<api::ChatModel>> openLocalChat(const std::string &model, const std::string &adapter);

} // namespace attune::core
