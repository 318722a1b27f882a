// Reads the tokenizer out of a GGUF header (tokenizer.ggml.*, byte-level BPE only). Pure functions, any thread.
// MalformedFile for broken lists, UnsupportedFormat names a tokenizer model or pre-tokenizer that Attune does not know.
#pragma once

#include "core/io/gguf_file.h"
#include "core/tokenizer/bpe_spec.h"

namespace attune::tokenizer {

Result<BpeSpec> readGgufTokenizer(const io::GgufFile &file);

} // namespace attune::tokenizer
