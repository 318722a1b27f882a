// The questions of a connection, put to a person by api::ClusterPrompts. On the connection's thread.
#pragma once

#include "core/api/cluster_prompts.h"
#include "remote/ssh/questions.h"

#include <functional>
#include <string>

namespace attune::remote {

/// `told` hears when a question is open and when it is not, with a sentence about it. `prompts` outlives the result.
Questions askingQuestions(api::ClusterPrompts &prompts, const std::string &cluster, const StopToken &stop,
                          std::function<void(bool asking, const std::string &what)> told);

/// Asks about changed keys, too: `keyStore` is the file of ours.
void askKeyChanges(Questions &questions, api::ClusterPrompts &prompts, const std::string &cluster, const StopToken &stop,
                   const std::string &keyStore, std::function<void(bool asking, const std::string &what)> told);

} // namespace attune::remote
