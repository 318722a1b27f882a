// api::DatasetStore over the files of a workspace. Any thread, guarded inside.
#pragma once

#include "core/api/dataset_document.h"
#include "core/store/dataset_document.h"

#include <map>
#include <mutex>

namespace attune::store {

class FolderDatasetStore : public api::DatasetStore {
public:
  FolderDatasetStore(const std::string &workspace, std::shared_ptr<TokenizerCache> tokenizers)
      : m_folder(workspace + "/datasets"), m_tokenizers(std::move(tokenizers)) {}

  /// A file that is open already gives the same document.
  Result<std::shared_ptr<api::DatasetDocument>> open(const std::string &path, const StopToken &stop) override;
  std::vector<api::DatasetEntry> list() override;
  Result<std::string> create(const std::string &name, api::DatasetFormat format) override;
  Status append(const std::string &path, const std::vector<std::pair<std::string, std::string>> &rolesAndTexts) override;

private:
  std::string journalOf(const std::string &path) const;
  Result<std::shared_ptr<FileDocument>> openFile(const std::string &path, const StopToken &stop);

  const std::string m_folder;
  const std::shared_ptr<TokenizerCache> m_tokenizers;
  std::mutex m_mutex;
  std::map<std::string, std::weak_ptr<FileDocument>> m_open; // by absolute path
  std::map<std::string, api::DatasetFormat> m_created;       // what files without rows are meant to hold
  std::vector<std::string> m_recent;                         // opened here, newest first
};

} // namespace attune::store
