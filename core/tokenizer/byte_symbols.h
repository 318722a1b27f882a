// GPT-2's reversible map between bytes and printable characters. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace attune::tokenizer {

/// The character (UTF-8) that stands for a byte in byte-level vocabularies.
const std::string &byteSymbol(unsigned char byte);

/// The bytes a byte-level string stands for; false when it holds a character that stands for no byte.
bool symbolsToBytes(std::string_view symbols, std::string &bytes);

} // namespace attune::tokenizer
