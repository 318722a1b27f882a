// A workspace with one dataset file, opened and reopened as the studio does. Test code, one thread.
#pragma once

#include "core/store/dataset_store.h"
#include "tests/support/temp_folder.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace attune::test {

inline std::string readAll(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class DatasetFixture {
public:
  explicit DatasetFixture(const std::string &content, const std::string &name = "rows.jsonl") : file(folder.write(name, content)) {
    open();
  }

  /// As a program that ends: what is not saved stays in the journal.
  void open() {
    document.reset();
    store = std::make_unique<store::FolderDatasetStore>(folder.path() + "/work", std::make_shared<store::TokenizerCache>());
    auto opened = store->open(file, {});
    error = opened.ok() ? "" : opened.error().text();
    if (opened.ok()) document = *opened;
  }
  api::RowId id(size_t position) const { return document->state().order->at(position); }
  size_t count() const { return document->state().order->size(); }
  std::string json(size_t position) const {
    const auto row = document->row(id(position));
    return row.ok() ? row->json : row.error().text();
  }
  std::vector<std::string> all() const {
    std::vector<std::string> rows;
    for (size_t i = 0; i < count(); ++i) rows.push_back(json(i));
    return rows;
  }
  std::string saved() const { return readAll(file); }

  TempFolder folder;
  std::string file;
  std::string error;
  std::unique_ptr<store::FolderDatasetStore> store;
  std::shared_ptr<api::DatasetDocument> document;
};

} // namespace attune::test
