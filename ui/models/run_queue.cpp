#include "ui/models/run_queue.h"

#include <algorithm>

namespace attune::ui {

int RunQueue::place(const QString &folder) const {
  const std::string path = folder.toStdString();
  const auto found = std::find_if(m_waiting.begin(), m_waiting.end(), [&](const auto &request) { return request.folder == path; });
  return found == m_waiting.end() ? 0 : static_cast<int>(found - m_waiting.begin()) + 1;
}

void RunQueue::insert(api::RunRequest request, int place) {
  const auto at = std::clamp<size_t>(static_cast<size_t>(std::max(1, place)) - 1, 0, m_waiting.size());
  m_waiting.insert(m_waiting.begin() + static_cast<std::ptrdiff_t>(at), std::move(request));
}

bool RunQueue::move(const QString &folder, int by) {
  const int from = place(folder) - 1, to = from + by;
  if (from < 0 || to < 0 || to >= static_cast<int>(m_waiting.size())) return false;
  std::swap(m_waiting[static_cast<size_t>(from)], m_waiting[static_cast<size_t>(to)]);
  return true;
}

std::optional<api::RunRequest> RunQueue::takeOut(const QString &folder) {
  const int at = place(folder) - 1;
  if (at < 0) return std::nullopt;
  api::RunRequest request = std::move(m_waiting[static_cast<size_t>(at)]);
  m_waiting.erase(m_waiting.begin() + at);
  return request;
}

api::RunRequest RunQueue::takeNext() {
  api::RunRequest request = std::move(m_waiting.front());
  m_waiting.erase(m_waiting.begin());
  return request;
}

} // namespace attune::ui
