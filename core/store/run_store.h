// The runs below WORKSPACE/runs. A summary costs the same for a short and a long run: the head, the tail and some places
// between of events.jsonl are read. Service threads; stateless beside its path.
#pragma once

#include "core/api/run_store.h"

namespace attune::store {

class FolderRunStore : public api::RunStore {
public:
  explicit FolderRunStore(const std::string &workspace) : m_runs(workspace + "/runs"), m_queue(workspace + "/queue.json") {}
  std::vector<api::RunSummary> list(const StopToken &stop) override;
  api::RunSummary summary(const std::string &folder) override;
  Result<api::RunConfig> config(const std::string &folder) override;
  Result<std::string> configText(const std::string &folder) override;
  Status replay(const std::string &folder, api::EventSink &sink, const StopToken &stop) override;
  std::vector<api::RunWeights> weights(const std::string &folder) override;
  Status writeNotes(const std::string &folder, const api::RunNotes &notes) override;
  std::string freshFolder(const std::string &name) override;
  api::KeptQueue queue() override;
  Status writeQueue(const std::vector<api::RunRequest> &queue) override;

private:
  std::string m_runs, m_queue;
};

} // namespace attune::store
