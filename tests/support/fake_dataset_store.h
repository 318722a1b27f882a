// Datasets in memory for the window's tests: lists, creates and appends; opens nothing. Any thread.
#pragma once

#include "core/api/dataset_document.h"

#include <map>
#include <mutex>

namespace attune::test {

class FakeDatasetStore : public api::DatasetStore {
public:
  using Row = std::vector<std::pair<std::string, std::string>>;

  Result<std::shared_ptr<api::DatasetDocument>> open(const std::string &path, const StopToken &) override {
    return Error{ErrorCode::FileNotFound, "This store opens nothing.", path, ""};
  }
  std::vector<api::DatasetEntry> list() override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    std::vector<api::DatasetEntry> entries;
    for (const auto &dataset : m_rows) entries.push_back({dataset.first, static_cast<int64_t>(dataset.second.size()) * 100, 0, false});
    return entries;
  }
  Result<std::string> create(const std::string &name, api::DatasetFormat) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const std::string path = "/fake/datasets/" + name + ".jsonl";
    if (!m_rows.emplace(path, std::vector<Row>()).second)
      return Error{ErrorCode::Usage, "A dataset of this name is there already.", path, ""};
    return path;
  }
  Status append(const std::string &path, const Row &row) override {
    const std::lock_guard<std::mutex> lock(m_mutex);
    if (m_full) return Error{ErrorCode::IoFailed, "The disk is full.", path, "Make room."};
    m_rows[path].push_back(row);
    return {};
  }

  std::vector<Row> rows(const std::string &path) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    const auto found = m_rows.find(path); // asking makes none
    return found == m_rows.end() ? std::vector<Row>() : found->second;
  }
  void setFull(bool full) {
    const std::lock_guard<std::mutex> lock(m_mutex);
    m_full = full;
  }

private:
  std::mutex m_mutex;
  std::map<std::string, std::vector<Row>> m_rows;
  bool m_full = false;
};

} // namespace attune::test
