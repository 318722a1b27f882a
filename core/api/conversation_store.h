// Conversations kept as JSON texts, one file each. Implemented in core/store; service threads, blocking.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace attune::api {

struct StoredConversation {
  std::string id; // the file's name without its ending
  std::string json;
  double changedAt = 0; // seconds since the epoch
};

class ConversationStore {
public:
  virtual ~ConversationStore() = default;
  /// Newest first; a file that cannot be read comes with an empty text.
  virtual std::vector<StoredConversation> list() = 0;
  virtual Status write(const std::string &id, const std::string &json) = 0;
  virtual Status remove(const std::string &id) = 0;
  /// An id that is not in use.
  virtual std::string freshId() = 0;
};

} // namespace attune::api
