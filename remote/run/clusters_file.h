// WORKSPACE/clusters.json: the profiles of clusters, written whole or not at all. Any thread, guarded inside.
// A file that cannot be read is never written over: save() and remove() then fail with the same error.
#pragma once

#include "core/api/cluster_profile.h"

#include <mutex>

namespace attune::remote {

class ClustersFile : public api::ClusterStore {
public:
  explicit ClustersFile(const std::string &workspace) : m_workspace(workspace), m_path(workspace + "/clusters.json") {}
  Result<std::vector<api::ClusterProfile>> list() override;
  Status save(const api::ClusterProfile &profile) override;
  Status remove(const std::string &name) override;

private:
  Result<std::vector<api::ClusterProfile>> read() const;
  Status write(const std::vector<api::ClusterProfile> &profiles) const;
  const std::string m_workspace, m_path;
  std::mutex m_mutex;
};

} // namespace attune::remote
