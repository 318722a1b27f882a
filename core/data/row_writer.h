// Writes a dataset file whose layout follows its ending, so that RowSource reads the same rows back; whole or not at
// all. One thread per object.
#pragma once

#include "core/base/atomic_file.h"
#include "core/data/row_source.h"

#include <functional>
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

/// InvalidData when a file laid out as `file`, with its columns, cannot hold the row as it is. A text may be empty meanwhile.
Status checkRow(const Json &row, const RowSource &file);

class RowWriter {
public:
  /// A file laid out as `file`, which it may replace.
  static Result<RowWriter> createLike(const RowSource &file, const std::string &path);
  /// `columns` and `delimiter` make the header of a CSV file (a .tsv always takes tabs) and mean nothing elsewhere.
  static Result<RowWriter> create(const std::string &path, const std::vector<std::string> &columns, char delimiter);

  /// InvalidData at `where` ("file:line") when the layout cannot hold the row as it is.
  Status write(const Json &row, const std::string &where);
  /// A row of a source, its bytes and what they read as: byte for byte where both files have the same layout.
  Status copy(const RowSource &source, std::string_view raw, const Json &value, const std::string &where);
  /// A row spelled as this layout and these columns have it.
  Status put(std::string_view bytes);
  int64_t count() const { return m_count; }
  /// `beforeReplacing` is told what the file will look like, and may still refuse.
  Status commit(const std::function<Status(const FileStamp &stamp)> &beforeReplacing = {});

private:
  RowWriter(AtomicFile file, RowLayout layout) : m_file(std::move(file)), m_layout(layout) {}
  static Result<RowWriter> start(const std::string &path, RowLayout layout, const std::vector<std::string> &columns, char delimiter);
  Status flush();
  AtomicFile m_file;
  std::string m_waiting; // not written yet
  RowLayout m_layout;
  RowIndex m_header; // columns and delimiter of a CSV file
  int64_t m_count = 0;
};

} // namespace attune::data
