// Result<T>: a value or an Error, for anything a user, file, network or device can cause.
// Any thread. Reading the wrong side is a bug and aborts; asserts are for bugs, never for input.
#pragma once

#include "core/base/error.h"

#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>

namespace attune {

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : m_state(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : m_state(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return m_state.index() == 0; }
  explicit operator bool() const { return ok(); }

  T &value() & { return ok() ? *std::get_if<0>(&m_state) : (std::abort(), *std::get_if<0>(&m_state)); }
  const T &value() const & { return ok() ? *std::get_if<0>(&m_state) : (std::abort(), *std::get_if<0>(&m_state)); }
  T &&value() && { return std::move(value()); }
  T &operator*() & { return value(); }
  const T &operator*() const & { return value(); }
  T &&operator*() && { return std::move(value()); }
  T *operator->() { return &value(); }
  const T *operator->() const { return &value(); }

  const Error &error() const { return !ok() ? *std::get_if<1>(&m_state) : (std::abort(), *std::get_if<1>(&m_state)); }

private:
  std::variant<T, Error> m_state;
};

template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Error error) : m_error(std::move(error)) {}

  bool ok() const { return !m_error.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error &error() const { return m_error ? *m_error : (std::abort(), *m_error); }

private:
  std::optional<Error> m_error;
};

using Status = Result<void>;

} // namespace attune

#define ATTUNE_JOIN_INNER(a, b) a##b
#define ATTUNE_JOIN(a, b) ATTUNE_JOIN_INNER(a, b)

/// Evaluates a Status or Result expression and returns its error from the enclosing function.
#define ATTUNE_CHECK(expression)                                                                                                           \
  do {                                                                                                                                     \
    auto attuneStatus = (expression);                                                                                                      \
    if (!attuneStatus.ok()) return attuneStatus.error();                                                                                   \
  } while (false)

#define ATTUNE_TRY_INNER(temporary, declaration, expression)                                                                               \
  auto temporary = (expression);                                                                                                           \
  if (!temporary.ok()) return temporary.error();                                                                                           \
  declaration = std::move(temporary).value()

/// ATTUNE_TRY(auto bytes, readFile(path)); binds the value or returns the error.
#define ATTUNE_TRY(declaration, expression) ATTUNE_TRY_INNER(ATTUNE_JOIN(attuneResult, __LINE__), declaration, expression)
