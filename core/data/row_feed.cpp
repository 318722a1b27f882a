#include "core/data/row_feed.h"

namespace attune::data {

namespace {

class FileFeed : public RowFeed {
public:
  explicit FileFeed(const DatasetFile &file) : m_file(file), m_reader(*file.source) {}
  const RowSource &file() const override { return *m_file.source; }
  api::DatasetFormat format() const override { return m_file.format; }
  int64_t count() const override { return m_file.source->count(); }
  bool asInFile(int64_t) const override { return true; }
  int64_t line(int64_t row) const override { return m_file.source->line(row); }
  Result<std::string_view> raw(int64_t row) override { return m_reader.raw(row); }
  std::optional<Json> read(int64_t row, ProblemList &problems) override { return m_reader.read(row, problems); }
  Status unchanged() const override { return m_file.source->unchanged(); }

private:
  DatasetFile m_file;
  RowReader m_reader;
};

} // namespace

std::unique_ptr<RowFeed> feedOf(const DatasetFile &file) { return std::make_unique<FileFeed>(file); }

} // namespace attune::data
