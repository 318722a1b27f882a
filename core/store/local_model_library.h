// The models below WORKSPACE/models and those listed in WORKSPACE/models.json. Any thread; a card is kept until its files change.
// A list that cannot be read is an error and is never written over.
#pragma once

#include "core/api/model_library.h"

#include <map>
#include <mutex>

namespace attune::store {

class LocalModelLibrary : public api::ModelLibrary {
public:
  explicit LocalModelLibrary(std::string workspace);
  Result<std::vector<api::ModelPlace>> find(const StopToken &stop) override;
  api::ModelCard describe(const api::ModelPlace &place) override;
  Result<std::vector<std::string>> add(const std::string &path, const StopToken &stop) override;
  Status remove(const std::string &path) override;
  std::vector<std::string> known() const override;

private:
  Result<std::vector<std::string>> readList() const;
  Status writeList(const std::vector<std::string> &paths) const;

  const std::string m_folder; // of the workspace's models
  const std::string m_list;
  std::mutex m_listMutex; // one change of the list at a time
  mutable std::mutex m_mutex;
  std::vector<std::string> m_known;
  struct Kept {
    std::string state; // of the files
    api::ModelCard card;
  };
  std::map<std::string, Kept> m_cards;
};

} // namespace attune::store
