// Reads the tokenizer out of a GGUF header (tokenizer.ggml.*: byte-level BPE and SentencePiece). Pure functions, any thread.
// MalformedFile for broken lists, UnsupportedFormat names a tokenizer model or pre-tokenizer that Attune does not know.
#pragma once

#include "core/io/gguf_file.h"
#include "core/tokenizer/tokenizer.h"

namespace attune::tokenizer {

Result<std::shared_ptr<const Tokenizer>> readGgufTokenizer(const io::GgufFile &file);

} // namespace attune::tokenizer
