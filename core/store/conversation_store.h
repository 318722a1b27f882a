// The conversations below WORKSPACE/conversations. Any thread; stateless beside its path.
#pragma once

#include "core/api/conversation_store.h"

namespace attune::store {

class FolderConversationStore : public api::ConversationStore {
public:
  explicit FolderConversationStore(std::string workspace) : m_folder(std::move(workspace) + "/conversations") {}
  std::vector<api::StoredConversation> list() override;
  Status write(const std::string &id, const std::string &json) override;
  Status remove(const std::string &id) override;
  std::string freshId() override;

private:
  std::string path(const std::string &id) const { return m_folder + "/" + id + ".json"; }
  std::string m_folder;
};

} // namespace attune::store
