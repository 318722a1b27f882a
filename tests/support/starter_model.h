// The starter model that ./dev setup fetches, and a few rows to fine-tune it on. Test code.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace attune::test {

/// Its path; empty where it was not fetched.
inline std::string starterModel() {
  std::error_code none;
  return std::filesystem::canonical( // a job sees no links of this checkout
      ATTUNE_SOURCE_DIR "/.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf", none);
}

/// Alpaca rows, one JSON object a line.
inline std::string starterRows() {
  std::string text;
  for (int row = 0; row < 8; ++row)
    text += R"({"instruction":"What is )" + std::to_string(row) + R"( and one?","output":"It is )" + std::to_string(row + 1) + ".\"}\n";
  return text;
}

} // namespace attune::test
