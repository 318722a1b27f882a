// Writes a dataset file whose layout follows its ending, so that RowSource reads the same rows back; whole or not at
// all. One thread per object.
#pragma once

#include "core/base/atomic_file.h"
#include "core/data/row_source.h"

#include <string>
#include <string_view>
#include <vector>

namespace attune::data {

/// The layout that the ending of an output asks for: .json a list, .jsonl lines, .csv and .tsv, .txt; devices and pipes
/// without an ending get JSON lines. Usage for any other.
Result<RowLayout> outputLayout(const std::string &path);

/// Usage when writing `path` would harm one of the `inputs` or replace a file that holds something, unless `overwrite`;
/// always when it is a folder.
Status checkOutput(const std::string &path, const std::vector<std::string> &inputs, bool overwrite);

class RowWriter {
public:
  /// `columns` and `delimiter` make the header of a CSV file (a .tsv always takes tabs) and mean nothing elsewhere.
  static Result<RowWriter> create(const std::string &path, const std::vector<std::string> &columns, char delimiter);

  /// InvalidData at `where` ("file:line") when the layout cannot hold the row as it is.
  Status write(const Json &row, const std::string &where);
  /// A row of a source, its bytes and what they read as: byte for byte where both files have the same layout.
  Status copy(const RowSource &source, std::string_view raw, const Json &value, const std::string &where);
  int64_t count() const { return m_count; }
  Status commit();

private:
  RowWriter(AtomicFile file, RowLayout layout) : m_file(std::move(file)), m_layout(layout) {}
  Status put(std::string_view bytes);
  Result<std::string> csvRow(const Json &row, const std::string &where) const;
  Result<std::string> textRow(const Json &row, const std::string &where) const;
  AtomicFile m_file;
  RowLayout m_layout;
  RowIndex m_header; // columns and delimiter of a CSV file
  int64_t m_count = 0;
};

} // namespace attune::data
