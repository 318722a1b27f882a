// Rows on their way into another file, wherever they lie: a dataset file, or a document under edit. One thread.
#pragma once

#include "core/data/dataset_file.h"

#include <functional>

namespace attune::data {

class RowFeed {
public:
  virtual ~RowFeed() = default;
  /// The file whose layout and columns the rows have.
  virtual const RowSource &file() const = 0;
  virtual api::DatasetFormat format() const = 0;
  virtual int64_t count() const = 0;
  /// Whether raw() is spelled as in file(); else it is JSON.
  virtual bool asInFile(int64_t row) const = 0;
  /// From 1, for errors.
  virtual int64_t line(int64_t row) const = 0;
  /// The bytes of a row, valid until the next call.
  virtual Result<std::string_view> raw(int64_t row) = 0;
  virtual std::optional<Json> read(int64_t row, ProblemList &problems) = 0;
  /// IoFailed when what the rows came from was changed meanwhile.
  virtual Status unchanged() const = 0;
};

using RowFeeds = std::vector<std::unique_ptr<RowFeed>>;
using RowProgress = std::function<void(int64_t done, int64_t total)>;

/// The rows of a file as they stand in it.
std::unique_ptr<RowFeed> feedOf(const DatasetFile &file);

} // namespace attune::data
