#include "core/data/problem.h"

#include <utility>

namespace attune::data {

std::string Problem::where() const {
  std::string text = file;
  if (line > 0) text.append(":").append(std::to_string(line));
  if (!field.empty()) text.append("#").append(field);
  return text;
}

void ProblemList::add(Problem problem) {
  if (problem.severity == Severity::Error) {
    if (m_errors == 0) m_firstError = problem;
    ++m_errors;
  } else {
    ++m_warnings;
  }
  if (m_items.size() < kMaxProblems) m_items.push_back(std::move(problem));
}

void ProblemList::append(const ProblemList &other) {
  if (m_errors == 0) m_firstError = other.m_firstError;
  m_errors += other.m_errors;
  m_warnings += other.m_warnings;
  for (const auto &item : other.m_items) {
    if (m_items.size() == kMaxProblems) break;
    m_items.push_back(item);
  }
}

void RowProblems::error(const std::string &field, const std::string &code, const std::string &message, const std::string &fix) {
  ++m_errors;
  m_list.add({m_file, m_row, m_line, field, code, message, fix, Severity::Error});
}

void RowProblems::warn(const std::string &field, const std::string &code, const std::string &message, const std::string &fix) {
  m_list.add({m_file, m_row, m_line, field, code, message, fix, Severity::Warning});
}

} // namespace attune::data
