// The runs that wait for the device, in the order in which they start. A value; GUI thread.
#pragma once

#include "core/api/backend.h"

#include <QString>

#include <optional>
#include <vector>

namespace attune::ui {

class RunQueue {
public:
  const std::vector<api::RunRequest> &waiting() const { return m_waiting; }
  bool empty() const { return m_waiting.empty(); }
  /// From 1 for the next one; 0 for a run that does not wait.
  int place(const QString &folder) const;
  void add(api::RunRequest request) { m_waiting.push_back(std::move(request)); }
  void insert(api::RunRequest request, int place);
  /// One place up (by = -1) or down (by = 1); false at the end of the queue.
  bool move(const QString &folder, int by);
  std::optional<api::RunRequest> takeOut(const QString &folder);
  api::RunRequest takeNext();

private:
  std::vector<api::RunRequest> m_waiting;
};

} // namespace attune::ui
