// What is wrong with a dataset, as values: one Problem a mistake, collected in a bounded list that keeps counting.
// Plain data, one thread per list.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace attune::data {

enum class Severity {
  Error,  // `train` refuses the dataset
  Warning // the row is used, or dropped and counted
};

/// One mistake in a dataset; `row` from 0 (-1 = the whole file), `line` from 1 (0 = unknown), `code` snake_case
/// (CLI.md `data check`).
struct Problem {
  std::string file;
  int64_t row = 0;
  int64_t line = 0;
  std::string field;
  std::string code;
  std::string message;
  std::string fix;
  Severity severity = Severity::Error;

  /// "file:line#field" as in Error::where.
  std::string where() const;
};

/// Keeps the first kMaxProblems and counts all.
class ProblemList {
public:
  static constexpr size_t kMaxProblems = 1000;
  void add(Problem problem);
  void append(const ProblemList &other);
  const std::vector<Problem> &items() const { return m_items; }
  int64_t errors() const { return m_errors; }
  int64_t warnings() const { return m_warnings; }
  /// The first problem that makes `train` refuse; null when there is none.
  const Problem *firstError() const { return m_firstError.code.empty() ? nullptr : &m_firstError; }

private:
  std::vector<Problem> m_items;
  Problem m_firstError; // kept apart: warnings may have filled the list before it
  int64_t m_errors = 0;
  int64_t m_warnings = 0;
};

/// Reports the problems of one row (or of a file, row -1) into a list.
class RowProblems {
public:
  RowProblems(ProblemList &list, const std::string &file, int64_t row, int64_t line)
      : m_list(list), m_file(file), m_row(row), m_line(line) {}
  void error(const std::string &field, const std::string &code, const std::string &message, const std::string &fix);
  void warn(const std::string &field, const std::string &code, const std::string &message, const std::string &fix);
  bool hasErrors() const { return m_errors > 0; }
  void setLine(int64_t line) { m_line = line; }

private:
  ProblemList &m_list;
  const std::string &m_file;
  int64_t m_row;
  int64_t m_line;
  int64_t m_errors = 0;
};

} // namespace attune::data
