// Text that remembers which of its bytes a message wrote, for the template engine. Plain values, any thread.
// Every operation of the engine on strings goes through here, so that provenance survives it.
#pragma once

#include "core/tokenizer/tokenizer.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attune::tokenizer::jinja {

/// Who wrote some bytes: message `message` (-1: tools or anything else outside the messages), and whether it is the
/// content of an assistant's message.
struct Author {
  int32_t message = -1;
  bool answer = false;
  bool operator==(const Author &other) const { return message == other.message && answer == other.answer; }
};

struct Mark {
  size_t begin = 0;
  size_t end = 0;
  Author author;
};

struct MarkedText {
  std::string text;
  std::vector<Mark> marks;          // sorted, disjoint, neighbours of one author joined
  std::vector<TextSpan> generation; // {% generation %} regions, sorted
  bool markup = false;              // Markup, what |safe and |escape make: plain text is escaped when it joins it

  MarkedText() = default;
  explicit MarkedText(std::string plain) : text(std::move(plain)) {}
  MarkedText(std::string written, Author author);

  void append(std::string_view plain) { text.append(plain); }
  void append(const MarkedText &other) { append(other, 0, other.text.size()); }
  /// Appends the bytes [begin, end) of `other` with their marks; a markup stays what this text is.
  void append(const MarkedText &other, size_t begin, size_t end);
  void appendWritten(std::string_view written, Author author);
  MarkedText slice(size_t begin, size_t end) const;
  /// The author when any byte is written by a message: what a result gets whose bytes can not be traced one by one.
  const Author *anyAuthor() const { return marks.empty() ? nullptr : &marks.front().author; }
  size_t memory() const { return text.capacity() + marks.capacity() * sizeof(Mark) + generation.capacity() * sizeof(TextSpan); }

private:
  void addMark(size_t begin, size_t end, Author author);
};

/// Bytes of the character that starts at `at` (1 for a stray byte, never past the end).
size_t characterLength(std::string_view text, size_t at);
/// The code point starting at `at`; U+FFFD for a stray byte.
uint32_t codePointAt(std::string_view text, size_t at, size_t *length);
void appendCodePoint(std::string &text, uint32_t codePoint);
size_t countCharacters(std::string_view text);
/// Byte offset of character `index`; the size of the text when there are fewer.
size_t byteOffset(std::string_view text, size_t index);
/// Replaces every byte that is not valid UTF-8 by U+FFFD.
std::string validUtf8(std::string_view text);

/// Python's str.isspace / isalpha / isdigit for one code point; letters as far as the engine's case tables go.
bool isSpace(uint32_t codePoint);
bool isLetter(uint32_t codePoint);
bool isDigit(uint32_t codePoint);

enum class CaseRule { Upper, Lower, Capitalize, Title, Swap };
MarkedText changeCase(const MarkedText &text, CaseRule rule);

/// The text as Markup, with & < > " ' written as entities.
MarkedText escapeHtml(const MarkedText &text);
/// What joins a Markup: itself when it is one, else escaped.
inline MarkedText asMarkup(const MarkedText &text) { return text.markup ? text : escapeHtml(text); }

/// [begin, end) of `text` without the characters of `chars` (white space when null) at the chosen sides.
TextSpan stripRange(std::string_view text, const std::string *chars, bool left, bool right);

/// Byte offset of the first `needle` at or after `from`, or npos; linear time whatever the texts.
size_t findText(std::string_view text, std::string_view needle, size_t from = 0);

/// Throws std::length_error when the result would exceed `maxBytes`.
MarkedText replaceAll(const MarkedText &text, const MarkedText &from, const MarkedText &to, int64_t count, size_t maxBytes);

} // namespace attune::tokenizer::jinja
